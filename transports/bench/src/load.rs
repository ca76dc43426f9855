//! wrk, and its results.

use std::{error::Error, fs, net::SocketAddr, process::Command, thread, time::Duration};

/// Returns the requests a second on `connections` connections, with `pipelined` requests in one
/// write.
pub(crate) fn run(
    address: SocketAddr,
    connections: usize,
    pipelined: usize,
    length: Duration,
) -> Result<f64, Box<dyn Error>> {
    let mut wrk = Command::new("wrk");
    // With fewer threads than processors, wrk reaches its limit before the servers reach theirs.
    let threads = thread::available_parallelism()?.get().min(connections);
    wrk.arg(format!("-t{threads}"));
    wrk.args([format!("-c{connections}"), format!("-d{}s", length.as_secs())]);
    if pipelined > 1 {
        let script = std::env::temp_dir().join(format!("h1events-pipeline-{pipelined}.lua"));
        fs::write(&script, PIPELINE.replace("DEPTH", &pipelined.to_string()))?;
        wrk.arg("-s").arg(script);
    }
    let output =
        wrk.arg(format!("http://{address}/")).output().map_err(|error| format!("wrk: {error}"))?;
    let text = String::from_utf8(output.stdout)?;
    if !output.status.success() || text.contains("Socket errors") || text.contains("Non-2xx") {
        return Err(format!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let rate = text.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    Ok(rate.ok_or("wrk names no rate")?.trim().parse()?)
}

const PIPELINE: &str = "\
init = function(args)
  local requests = {}
  for i = 1, DEPTH do requests[i] = wrk.format() end
  all = table.concat(requests)
end
request = function() return all end
";
