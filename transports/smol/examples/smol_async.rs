//! An application that awaits. Its thread serves other connections meanwhile.
//!
//! ```sh
//! cargo run --release --example smol_async -- 127.0.0.1:8080
//! curl http://127.0.0.1:8080/wait # a second later
//! curl http://127.0.0.1:8080/file # Cargo.toml
//! ```

use std::time::Duration;
use std::{env, io};

use h1events_smol::{Request, Response, Server};
use smol::{Timer, fs};

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let server = Server::bind(address)?;
    println!("http://{}/", server.local_addr()?);
    server.serve_async(app)?;
    Ok(())
}

async fn app(request: &Request<'_>) -> Response {
    match request.path() {
        b"/wait" => {
            Timer::after(Duration::from_secs(1)).await;
            Response::text("a second later\n")
        }
        // Blocking calls run on smol's threads for them.
        b"/file" => match fs::read("Cargo.toml").await {
            Ok(bytes) => Response::new(200).with_body(bytes),
            Err(_) => Response::new(404),
        },
        _ => Response::new(404),
    }
}
