//! The example `thread_websocket`, with tungstenite's client, and on a plain socket.

#[path = "../examples/thread_websocket.rs"]
#[allow(dead_code, unreachable_pub, reason = "it has a main of its own")]
mod example;
mod support;
#[path = "../../suite/websocket_example.rs"]
mod websocket_example;

use tungstenite as ws;
