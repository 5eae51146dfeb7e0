//! Orders in which the same files may be configured.

/// Up to so many items every permutation is tried; beyond it, the rotations forward and back.
const ALL_UP_TO: usize = 6;

/// Orders of `count` items, the given one first.
pub(super) fn orders(count: usize) -> Vec<Vec<usize>> {
    let given: Vec<_> = (0..count).collect();
    if count > ALL_UP_TO {
        let backward: Vec<_> = (0..count).rev().collect();
        return rotations(&given).chain(rotations(&backward)).collect();
    }
    let mut all = vec![Vec::new()];
    for item in given {
        // Put the next item at every place of every order so far, last place first.
        let places = |order: Vec<usize>| {
            (0..=order.len()).rev().map(move |place| {
                let mut longer = order.clone();
                longer.insert(place, item);
                longer
            })
        };
        all = all.into_iter().flat_map(places).collect();
    }
    all
}

fn rotations(order: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    (0..order.len()).map(|by| [&order[by..], &order[..by]].concat())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_permutation_comes_once_and_the_given_order_first() {
        for (count, expected) in [(0, 1), (1, 1), (3, 6), (6, 720), (7, 14)] {
            let all = orders(count);
            assert_eq!(all[0], (0..count).collect::<Vec<_>>());
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), expected);
            assert_eq!(all.len(), expected);
        }
    }
}
