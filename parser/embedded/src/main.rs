//! The parser in the firmware of a microcontroller: HTTP over a serial port, in a buffer of a known size.
//!
//! ```sh
//! rustup target add thumbv7em-none-eabihf
//! cd parser/embedded
//! cargo test --lib # what it does, without the microcontroller
//! cargo build --release --target thumbv7em-none-eabihf
//! qemu-system-arm -machine mps2-an386 -display none -monitor none \
//!     -serial tcp:127.0.0.1:8080,server=on,wait=off \
//!     -kernel target/thumbv7em-none-eabihf/release/firmware &
//! curl http://127.0.0.1:8080/lamp                             # off
//! curl --request PUT --data on http://127.0.0.1:8080/lamp     # on, and so is the board's lamp
//! ```
//!
//! QEMU (Debian's `qemu-system-arm`) emulates the board, and connects its serial port to a socket. A serial port
//! doesn't tell when a client is gone, and can't be closed: after the last answer the firmware waits for a reset.
//! Firmware with a network would wait for the next connection instead, and close those of slow clients.

#![no_std]
#![no_main]

use core::fmt;
use core::panic::PanicInfo;
use core::ptr;

use cortex_m_rt::entry;
use h1events_embedded::{Server, State};

#[entry]
fn main() -> ! {
    let mut port = Port::open();
    let mut server = Server::new();
    loop {
        server.space()[0] = port.read();
        let state = server.advance(1, &mut port);
        set_lamp(server.is_on());
        if state != Ok(State::Open) {
            loop {
                core::hint::spin_loop();
            }
        }
    }
}

/// The first serial port of the board (Arm DDI 0479, section 4.3).
struct Port;

impl Port {
    const DATA: *mut u32 = 0x4000_4000 as *mut u32;
    const STATE: *mut u32 = 0x4000_4004 as *mut u32;
    const CONTROL: *mut u32 = 0x4000_4008 as *mut u32;
    const DIVISOR: *mut u32 = 0x4000_4010 as *mut u32;

    const IS_FULL: u32 = 1;
    const HAS_COME: u32 = 2;

    fn open() -> Self {
        // SAFETY: both are registers of the port, which no other code uses.
        unsafe {
            ptr::write_volatile(Self::DIVISOR, 16);
            ptr::write_volatile(Self::CONTROL, 0b11); // send and receive
        }
        Self
    }

    fn read(&mut self) -> u8 {
        // SAFETY: as above.
        unsafe {
            while ptr::read_volatile(Self::STATE) & Self::HAS_COME == 0 {}
            ptr::read_volatile(Self::DATA).to_le_bytes()[0]
        }
    }

    fn write(&mut self, octet: u8) {
        // SAFETY: as above.
        unsafe {
            while ptr::read_volatile(Self::STATE) & Self::IS_FULL != 0 {}
            ptr::write_volatile(Self::DATA, octet.into());
        }
    }
}

impl fmt::Write for Port {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|octet| self.write(octet));
        Ok(())
    }
}

fn set_lamp(is_on: bool) {
    const LAMPS: *mut u32 = 0x4002_8000 as *mut u32;
    // SAFETY: it is the register of the lamps, which no other code uses.
    unsafe { ptr::write_volatile(LAMPS, is_on.into()) }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
