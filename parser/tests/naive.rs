//! What comes of any input is what a naive parser makes of it.

#[path = "support/generate.rs"]
mod generate;
#[path = "support/grammar.rs"]
mod grammar;
#[path = "support/inputs.rs"]
mod inputs;
#[path = "support/naive.rs"]
mod naive;
#[path = "support/oracle.rs"]
mod oracle;
mod support;

use generate::octets_of;
use h1events::{Limits, RequestParser};
use inputs::{any_input, limits};
use proptest::prelude::*;
use support::{After, Ending, run};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_and_errors_are_those_of_the_naive_parser(
        input in any_input(),
        limits in prop_oneof![Just(Limits::new()), limits()],
        non_ascii in any::<bool>(),
    ) {
        let parser = RequestParser::with_limits(limits).allow_non_ascii_target(non_ascii);
        let found = run(&parser, limits, &input.0, [], After::GoOn);
        let expected = naive::parse_within(limits, &input.0, non_ascii);
        prop_assert_eq!(found.events, expected.events);
        let found = match found.ending {
            Ending::Idle => naive::Ending::Idle,
            Ending::Error { error, offset } => naive::Ending::Error(error.kind(), offset),
            _ => naive::Ending::Incomplete,
        };
        prop_assert_eq!(found, expected.ending);
    }

    /// The naive parser has to be right, too.
    #[test]
    fn the_naive_parser_takes_valid_requests(requests in generate::requests()) {
        let (events, ending) = naive::parse(&octets_of(&requests), false);
        prop_assert_eq!(ending, naive::Ending::Idle);
        let expected: Vec<_> = requests.into_iter().flat_map(|request| request.events).collect();
        prop_assert_eq!(events, expected);
    }
}
