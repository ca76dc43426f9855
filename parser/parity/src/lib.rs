//! Two tables that compare the parser of h1events with its peers on the same octets. Each cell is the
//! result of a run. The README says how.

mod builds;
mod features;
mod peers;
mod rows;
mod run;
pub mod table;
