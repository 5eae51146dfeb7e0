//! What an input says is to be done. Every octet means something, and what is missing is zero.

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation<'o> {
    /// A client connects; what follows is about this connection.
    Connect(Visit),
    /// Bytes go both ways until neither end has more to say, and plaintext is read.
    Run,
    /// So many bytes of what the client said arrive; plaintext stays unread.
    Deliver(usize),
    /// All of what the client said arrives but so many bytes at its end.
    DeliverBut(usize),
    /// So many bytes of what the server said arrive at the client.
    Answer(usize),
    /// Something happens to what the client said on its way.
    Tamper(Tampering<'o>),
    /// The client's bytes end.
    EndOfInput,
    /// Both clocks go on, and the server is told.
    Advance(u32),
    /// The calendar jumps.
    Jump(i32),
    /// Another policy is put in force.
    Reload(usize),
    /// The server writes so many bytes.
    Write(usize),
    /// The server reads, at most so many bytes at once.
    Read(usize),
    /// The server closes.
    Close,
    /// The client writes so many bytes.
    ClientWrites(usize),
    /// The client closes.
    ClientCloses,
    /// The client changes its keys.
    ClientRenewsKeys,
    /// What follows is about another connection.
    Turn(usize),
}

/// Who comes, and where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) guest: usize,
    pub(super) name: usize,
    pub(super) front: usize,
    pub(super) way: usize,
    pub(super) is_tls13: bool,
    /// The client offers a session that it has.
    pub(super) remembers: bool,
    /// Be it one of another server name.
    pub(super) anywhere: bool,
}

/// What happens to bytes on their way. Places are counted in bytes or records from the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tampering<'o> {
    Flip {
        place: usize,
        mask: u8,
    },
    Drop {
        place: usize,
        length: usize,
    },
    Insert {
        place: usize,
        bytes: &'o [u8],
    },
    Repeat {
        record: usize,
    },
    Swap {
        record: usize,
    },
    /// The record is cut in two.
    Split {
        record: usize,
        at: usize,
    },
    /// What another connection's client said comes instead.
    Replace {
        connection: usize,
    },
}

/// Most operations of one input, so that an input stays a matter of milliseconds.
const MOST: usize = 64;

/// The operations that these octets stand for.
pub(super) fn operations(octets: &[u8]) -> impl Iterator<Item = Operation<'_>> {
    let mut reader = Reader(octets);
    core::iter::from_fn(move || reader.operation()).take(MOST)
}

struct Reader<'o>(&'o [u8]);

impl<'o> Reader<'o> {
    fn u8(&mut self) -> usize {
        self.next().unwrap_or(0).into()
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Small numbers one by one, large ones in steps: 0 to 127, then up to 32 kB.
    fn length(&mut self) -> usize {
        match self.u8() {
            small @ 0..128 => small,
            large => (large - 127) * 256,
        }
    }

    fn bytes(&mut self) -> &'o [u8] {
        let length = self.u8().min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }

    fn operation(&mut self) -> Option<Operation<'o>> {
        Some(match self.next()? % 25 {
            0 => Operation::Connect(self.visit()),
            1 => Operation::Run,
            2 => Operation::Deliver(self.length()),
            3 => Operation::Answer(self.length()),
            4 => self.tamper(|r| Tampering::Flip { place: r.length(), mask: 1 << (r.u8() % 8) }),
            5 => self.tamper(|r| Tampering::Drop { place: r.length(), length: r.length() }),
            6 => self.tamper(|r| Tampering::Insert { place: r.length(), bytes: r.bytes() }),
            7 => self.tamper(|r| Tampering::Repeat { record: r.u8() }),
            8 => self.tamper(|r| Tampering::Swap { record: r.u8() }),
            9 => self.tamper(|r| Tampering::Split { record: r.u8(), at: r.length() }),
            10 => self.tamper(|r| Tampering::Replace { connection: r.u8() }),
            11 => Operation::EndOfInput,
            12 => Operation::Advance(self.u8() as u32),
            13 => Operation::Advance(self.u8() as u32 * 60),
            // Up to 21 hours there and back.
            14 => Operation::Jump((self.u8() as i32 - 128) * 600),
            15 => Operation::Reload(self.u8()),
            16 => Operation::Write(self.length()),
            17 => Operation::Read(self.length()),
            18 => Operation::Close,
            19 => Operation::ClientWrites(self.length()),
            20 => Operation::ClientCloses,
            21 => Operation::ClientRenewsKeys,
            22 => Operation::Turn(self.u8()),
            23 => Operation::Deliver(usize::MAX),
            _ => Operation::DeliverBut(self.length()),
        })
    }

    fn tamper(&mut self, read: impl FnOnce(&mut Self) -> Tampering<'o>) -> Operation<'o> {
        Operation::Tamper(read(self))
    }

    fn visit(&mut self) -> Visit {
        let (who, where_to, how) = (self.u8(), self.u8(), self.u8());
        Visit {
            guest: who & 0x0f,
            is_tls13: who & 0x80 != 0,
            name: where_to & 0x0f,
            front: where_to >> 4 & 1,
            way: how & 3,
            remembers: how & 4 == 0,
            anywhere: how & 8 != 0,
        }
    }
}
