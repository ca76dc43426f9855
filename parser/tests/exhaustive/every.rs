//! All strings over an alphabet, whose letters may have more than one octet.

/// Calls `visit` with every string of up to `max_letters` letters.
pub(crate) fn every(alphabet: &[&str], max_letters: u32, mut visit: impl FnMut(&[u8])) {
    let letters: Vec<Vec<u8>> = alphabet.iter().map(|letter| octets(letter)).collect();
    extend(&letters, max_letters, &mut vec![], &mut visit);
}

fn extend(
    letters: &[Vec<u8>],
    max_letters: u32,
    string: &mut Vec<u8>,
    visit: &mut impl FnMut(&[u8]),
) {
    visit(string);
    if max_letters > 0 {
        for letter in letters {
            let length = string.len();
            string.extend_from_slice(letter);
            extend(letters, max_letters - 1, string, visit);
            string.truncate(length);
        }
    }
}

/// Converts each character to one octet.
pub(crate) fn octets(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(character).expect("one octet each")).collect()
}

#[test]
fn every_string_up_to_the_length_is_visited_once() {
    let mut strings = vec![];
    every(&["a", "bc"], 2, |string| strings.push(string.to_vec()));
    strings.sort();
    let expected = ["", "a", "aa", "abc", "bc", "bca", "bcbc"];
    assert_eq!(strings, expected.map(str::as_bytes));
}
