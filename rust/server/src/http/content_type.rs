//! Media types of files, by their extension, and which of them a browser may run.

/// Extension, type, and whether all a browser does with it is to show or play it.
const TYPES: &[(&str, &str, bool)] = &[
    ("png", "image/png", true),
    ("jpg", "image/jpeg", true),
    ("jpeg", "image/jpeg", true),
    ("gif", "image/gif", true),
    ("webp", "image/webp", true),
    ("avif", "image/avif", true),
    ("bmp", "image/bmp", true),
    ("ico", "image/x-icon", true),
    ("svg", "image/svg+xml", false),
    ("wav", "audio/wav", true),
    ("mp3", "audio/mpeg", true),
    ("flac", "audio/flac", true),
    ("aac", "audio/aac", true),
    ("m4a", "audio/mp4", true),
    ("opus", "audio/ogg", true),
    ("oga", "audio/ogg", true),
    // A sound or a film; browsers look.
    ("ogg", "application/ogg", true),
    ("ogv", "video/ogg", true),
    ("mp4", "video/mp4", true),
    ("m4v", "video/mp4", true),
    ("webm", "video/webm", true),
    ("mov", "video/quicktime", true),
    ("html", "text/html; charset=utf-8", false),
    ("htm", "text/html; charset=utf-8", false),
    ("json", "application/json", false),
    ("jsonl", "application/x-ndjson", false),
    ("txt", "text/plain; charset=utf-8", false),
    ("log", "text/plain; charset=utf-8", false),
    ("md", "text/markdown; charset=utf-8", false),
    ("csv", "text/csv; charset=utf-8", false),
    ("tsv", "text/tab-separated-values; charset=utf-8", false),
    ("py", "text/plain; charset=utf-8", false),
    ("yaml", "text/plain; charset=utf-8", false),
    ("yml", "text/plain; charset=utf-8", false),
    ("toml", "text/plain; charset=utf-8", false),
    ("xml", "text/xml; charset=utf-8", false),
    ("pdf", "application/pdf", false),
    ("glb", "model/gltf-binary", true),
    ("gltf", "model/gltf+json", true),
    ("obj", "model/obj", true),
    ("stl", "model/stl", true),
];

/// Media type of a file whose extension says nothing.
const UNKNOWN: &str = "application/octet-stream";

/// The type of a file, and whether it is harmless: a type that no browser runs. What is unknown is not known
/// to be.
pub(super) fn of(path: &str) -> (&'static str, bool) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = TYPES.iter().find(|(other, ..)| other.eq_ignore_ascii_case(extension));
    known.map_or((UNKNOWN, false), |&(_, kind, harmless)| (kind, harmless))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_browser_runs_is_harmless() {
        for (path, kind, harmless) in [
            ("media/images/x.png", "image/png", true),
            ("a.b/x.JPG", "image/jpeg", true),
            ("x.svg", "image/svg+xml", false),
            ("x.html", "text/html; charset=utf-8", false),
            ("x.xhtml", UNKNOWN, false),
            ("x.npy", UNKNOWN, false),
            ("html", UNKNOWN, false),
            ("png/x", UNKNOWN, false),
            (".png", "image/png", true),
        ] {
            assert_eq!(of(path), (kind, harmless), "{path}");
        }
    }
}
