//! nginx, which serves a file without sendfile.

use std::{
    error::Error,
    fs,
    io::Write,
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    thread,
    time::Duration,
};

use crate::process::Server;

/// An nginx, and the folder with its files.
pub(crate) struct Nginx {
    /// Dropped before the folder.
    pub(crate) server: Server,
    _folder: Folder,
}

struct Folder(PathBuf);

impl Nginx {
    /// Starts it, with a file `/<length>` of `length` octets.
    pub(crate) fn start(length: u64) -> Result<Self, Box<dyn Error>> {
        let folder = Folder(std::env::temp_dir().join(format!("h1events-nginx-{}", process::id())));
        fs::create_dir_all(&folder.0)?;
        write_file(&folder.0.join(length.to_string()), length)?;
        let address = free_address()?;
        let config = CONFIG
            .replace("@DIR@", &folder.0.to_string_lossy())
            .replace("@ADDRESS@", &address.to_string());
        let file = folder.0.join("nginx.conf");
        fs::write(&file, config)?;
        let mut command = Command::new("nginx");
        command.args(["-e", "stderr", "-c"]).arg(file).stdout(Stdio::null());
        // In Debian, it is in a folder that only root has in its path.
        let path = std::env::var("PATH").unwrap_or_default();
        let child = command.env("PATH", format!("{path}:/usr/sbin")).spawn();
        let child = child.map_err(|error| format!("nginx: {error}"))?;
        // From here on, dropping it stops it.
        let nginx = Self { server: Server { name: "nginx", address, child }, _folder: folder };
        for _ in 0..100 {
            if TcpStream::connect(address).is_ok() {
                return Ok(nginx);
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err("nginx doesn't listen".into())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes a file to the disk, so that it stays in the page cache.
fn write_file(path: &Path, length: u64) -> Result<(), Box<dyn Error>> {
    let mut file = fs::File::create(path)?;
    let block = [b'x'; 64 * 1024];
    for _ in 0..length / block.len() as u64 {
        file.write_all(&block)?;
    }
    Ok(file.sync_all()?)
}

/// Finds an address whose port was free a moment ago, since nginx doesn't report a port that the system chose.
fn free_address() -> Result<SocketAddr, Box<dyn Error>> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// One process, since one stream uses one thread of the other servers. The buffers are the defaults, and
/// nothing is logged.
const CONFIG: &str = "\
daemon off;
master_process off;
pid @DIR@/pid;
error_log stderr;
events { worker_connections 64; }
http {
    access_log off;
    sendfile off;
    client_body_temp_path @DIR@/body;
    proxy_temp_path @DIR@/proxy;
    fastcgi_temp_path @DIR@/fastcgi;
    uwsgi_temp_path @DIR@/uwsgi;
    scgi_temp_path @DIR@/scgi;
    server {
        listen @ADDRESS@;
        root @DIR@;
    }
}
";
