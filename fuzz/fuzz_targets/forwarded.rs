#![no_main]

use countersign::internal::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| fuzz::forwarded(octets));
