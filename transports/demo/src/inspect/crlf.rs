//! Turns line ends of editors into those of HTTP.

use std::io::{self, BufRead, BufReader, Read};

/// A source whose bare LFs become CRLFs. A CRLF stays as it is, and so does a bare CR.
#[derive(Debug)]
pub(super) struct Crlf<R> {
    source: BufReader<R>,
    after_cr: bool,
}

impl<R: Read> Crlf<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source: BufReader::new(source), after_cr: false }
    }
}

impl<R: Read> Read for Crlf<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let input = self.source.fill_buf()?;
        let (mut taken, mut given) = (0, 0);
        while let (Some(&octet), Some(space)) = (input.get(taken), out.get_mut(given)) {
            let lacks_cr = octet == b'\n' && !self.after_cr;
            *space = if lacks_cr { b'\r' } else { octet };
            given += 1;
            // The LF follows in the next iteration or read.
            taken += usize::from(!lacks_cr);
            self.after_cr = lacks_cr || octet == b'\r';
        }
        self.source.consume(taken);
        Ok(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_line_feeds_get_a_carriage_return() {
        let input = b"a\nb\r\n\n\r\r\n\rc\n\n";
        let expected = b"a\r\nb\r\n\r\n\r\r\n\rc\r\n\r\n";
        let mut whole = Vec::new();
        Crlf::new(&input[..]).read_to_end(&mut whole).unwrap();
        assert_eq!(whole, expected);

        let mut byte_by_byte = Vec::new();
        // The source and the reader move single bytes.
        let mut source = Crlf { source: BufReader::with_capacity(1, &input[..]), after_cr: false };
        let mut space = [0];
        while source.read(&mut space).unwrap() == 1 {
            byte_by_byte.push(space[0]);
        }
        assert_eq!(byte_by_byte, expected);
    }
}
