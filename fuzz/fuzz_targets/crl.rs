#![no_main]

use countersign::internal::fuzz;
use countersign_testkit::fuzz::der_of;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| fuzz::crl(&der_of(octets)));
