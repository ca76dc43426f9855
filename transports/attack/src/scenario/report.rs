//! Results: the checks of a server, and the measurements.

use std::{fmt, time::Duration};

/// The results on one transport.
pub(crate) struct Report {
    pub(crate) transport: &'static str,
    /// Whether the run should take only a minute or two.
    pub(crate) quick: bool,
    scenario: &'static str,
    kept: usize,
    broken: Vec<String>,
}

impl Report {
    pub(crate) const fn new(transport: &'static str, quick: bool) -> Self {
        Self { transport, quick, scenario: "", kept: 0, broken: Vec::new() }
    }

    /// Begins a scenario.
    pub(crate) const fn begin(&mut self, scenario: &'static str) {
        self.scenario = scenario;
    }

    /// Records a result, and prints it.
    pub(crate) fn check(
        &mut self,
        case: impl fmt::Display,
        asked: impl fmt::Display,
        measured: impl fmt::Display,
        is_kept: bool,
    ) {
        let Self { transport, scenario, .. } = self;
        let verdict = if is_kept { "ok" } else { "BROKEN" };
        println!(
            "{verdict:<8}{transport:<7}{scenario}: {case}: asked {asked}; measured {measured}"
        );
        if is_kept {
            self.kept += 1;
        } else {
            self.broken.push(format!("{transport} {scenario}: {case}"));
        }
    }

    /// Records that a scenario couldn't continue.
    pub(crate) fn fail(&mut self, error: impl fmt::Display) {
        self.check("all of it", "that it runs", error, false);
    }

    /// Prints that a part was skipped. That is no verdict.
    pub(crate) fn skip(&self, why: impl fmt::Display) {
        let Self { transport, scenario, .. } = self;
        println!("skipped {transport:<7}{scenario}: {why}");
    }

    /// Returns the number of kept bounds, and the names of the broken ones.
    pub(crate) fn end(self) -> (usize, Vec<String>) {
        (self.kept, self.broken)
    }
}

/// The times of answers, sorted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn push(&mut self, time: Duration) {
        let place = self.0.partition_point(|other| *other <= time);
        self.0.insert(place, time);
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the longest, if there is one.
    pub(crate) fn worst(&self) -> Option<Duration> {
        self.0.last().copied()
    }

    fn median(&self) -> Option<Duration> {
        self.0.get(self.0.len() / 2).copied()
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.median(), self.worst()) {
            (Some(median), Some(worst)) => {
                write!(f, "{} answers, median {}, worst {}", self.len(), ms(median), ms(worst))
            }
            _ => f.write_str("no answer"),
        }
    }
}

/// Formats a time in milliseconds.
pub(crate) fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_know_their_median_and_worst() {
        let mut times = Times::default();
        assert_eq!(times.to_string(), "no answer");
        for millis in [30, 10, 20] {
            times.push(Duration::from_millis(millis));
        }
        assert_eq!(times.to_string(), "3 answers, median 20.0 ms, worst 30.0 ms");
    }
}
