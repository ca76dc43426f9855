//! For any input, the parser gives the same result as a naive parser.

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
use h1events::Limits;
use inputs::{any_input, limits};
use proptest::prelude::*;
use proptest::sample::select;
use support::{After, Ending, Options, run};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_and_errors_are_those_of_the_naive_parser(
        input in any_input(),
        limits in prop_oneof![Just(Limits::new()), limits()],
        options in select(Options::ALL.to_vec()),
    ) {
        let found = run(&options.parser(limits), limits, &input.0, [], After::GoOn);
        let expected = naive::parse_within(limits, &input.0, options);
        prop_assert_eq!(found.events, expected.events);
        let found = match found.ending {
            Ending::Idle => naive::Ending::Idle,
            Ending::Error { error, offset } => naive::Ending::Error(error.kind(), offset),
            _ => naive::Ending::Incomplete,
        };
        prop_assert_eq!(found, expected.ending);
    }

    /// The naive parser has to be correct, too.
    #[test]
    fn the_naive_parser_takes_valid_requests(requests in generate::requests()) {
        let (events, ending) = naive::parse(&octets_of(&requests), Options::default());
        prop_assert_eq!(ending, naive::Ending::Idle);
        let expected: Vec<_> = requests.into_iter().flat_map(|request| request.events).collect();
        prop_assert_eq!(events, expected);
    }
}
