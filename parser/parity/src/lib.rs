//! What the parser of h1events and its peers do with the same octets: two tables, each cell of which
//! is run. The README says how.

mod builds;
mod features;
mod peers;
mod rows;
mod run;
pub mod table;
