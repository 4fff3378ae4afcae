//! Rules for the names that users choose: of entities, projects, runs, labels and tags.

use crate::ids::InvalidName;
use crate::limits;

/// The label that stands for all labels in a question, so no writer may have it.
pub const ALL_LABELS: &str = "*";

/// The rule of one kind of name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameRule {
    /// The owner of projects.
    Entity,
    /// A project.
    Project,
    /// The id of a run within its project.
    RunId,
    /// The name that tells the writers of a run apart; empty for the only one.
    Label,
    /// A tag of a run.
    Tag,
}

impl NameRule {
    /// Every rule.
    pub const ALL: [Self; 5] = [Self::Entity, Self::Project, Self::RunId, Self::Label, Self::Tag];

    /// The name of what it names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::Project => "project",
            Self::RunId => "run id",
            Self::Label => "label",
            Self::Tag => "tag",
        }
    }

    /// The characters that paths and URLs give a meaning to.
    fn forbidden(self) -> &'static str {
        match self {
            Self::Entity | Self::Project => "/\\#?%:",
            Self::RunId => ":;,#?/'\\",
            Self::Label | Self::Tag => "",
        }
    }

    /// Checks a name that is given to something new.
    pub fn check(self, name: &str) -> Result<(), InvalidName> {
        self.check_stored(name)?;
        let chars = name.chars().count();
        let problem = match self {
            Self::Tag if !(1..=limits::TAG_CHARS).contains(&chars) => {
                format!("must have 1 to {} characters, not {chars}", limits::TAG_CHARS)
            }
            Self::Tag => return Ok(()),
            Self::Label if name == ALL_LABELS => "stands for all labels; expected another one".into(),
            Self::Label if name.trim() != name => "must not begin or end with white space".into(),
            _ => match name.chars().find(|&char| is_invisible(char)) {
                Some(char) => self.problem_of(char),
                None => return Ok(()),
            },
        };
        Err(InvalidName::new(self.name(), name, problem))
    }

    /// Checks a name that something has already: earlier versions let a few more pass, and their runs stay
    /// readable.
    pub fn check_stored(self, name: &str) -> Result<(), InvalidName> {
        let invalid = |problem| Err(InvalidName::new(self.name(), name, problem));
        let max_chars = match self {
            Self::Entity | Self::Project => limits::PROJECT_CHARS,
            Self::RunId => limits::RUN_ID_CHARS,
            Self::Label => limits::LABEL_CHARS,
            Self::Tag => return Ok(()),
        };
        let chars = name.chars().count();
        if chars > max_chars {
            return invalid(format!("has {chars} characters; at most {max_chars} are allowed"));
        }
        if self == Self::Label {
            return Ok(());
        }
        if name.is_empty() || name.trim() != name {
            return invalid("must not be empty, nor begin or end with white space".into());
        }
        match name.chars().find(|char| self.forbidden().contains(*char) || char.is_control()) {
            Some(char) => invalid(self.problem_of(char)),
            None => Ok(()),
        }
    }

    fn problem_of(self, char: char) -> String {
        let forbidden: String = self.forbidden().chars().flat_map(|char| [char, ' ']).collect();
        let none_of = if forbidden.is_empty() { String::new() } else { format!("none of {forbidden}and ") };
        let shown: String = if char.is_ascii_graphic() { char.into() } else { char.escape_debug().to_string() };
        format!("contains {shown}; expected {none_of}no control characters")
    }
}

/// True if a character leaves no mark of its own, so that two names look the same.
fn is_invisible(char: char) -> bool {
    char.is_control()
        || (char.is_whitespace() && char != ' ')
        || matches!(char, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(char, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_accepted_or_refused_with_the_reason() {
        let long = "x".repeat(129);
        for (rule, name, problem) in [
            (NameRule::Project, "ü-1_2.3", None),
            (NameRule::Project, "with space", None),
            (NameRule::Project, " p", Some("white space")),
            (NameRule::Project, "p\u{a0}", Some("white space")),
            (NameRule::Project, "", Some("empty")),
            (NameRule::Project, "a/b", Some("contains /; expected none of / \\ # ? % : and no control characters")),
            (NameRule::Project, "a\nb", Some("contains \\n")),
            (NameRule::Project, "a\u{200b}b", Some("contains \\u{200b}")),
            (NameRule::Project, &long, Some("has 129 characters; at most 128")),
            (NameRule::Entity, "a:b", Some("contains :")),
            (NameRule::RunId, "a'b", Some("contains '")),
            (NameRule::RunId, "a%b", None),
            (NameRule::Label, "", None),
            (NameRule::Label, "ünï/0", None),
            (NameRule::Label, "*", Some("all labels")),
            (NameRule::Label, "0 ", Some("white space")),
            (NameRule::Label, "a\tb", Some("contains \\t; expected no control characters")),
            (NameRule::Label, &long, Some("129")),
            (NameRule::Tag, "a tag", None),
            (NameRule::Tag, "", Some("1 to 64 characters, not 0")),
            (NameRule::Tag, &long[..65], Some("not 65")),
        ] {
            let found = rule.check(name).err().map(|error| error.problem);
            assert_eq!(found.is_some(), problem.is_some(), "{rule:?} {name:?}: {found:?}");
            assert!(found.unwrap_or_default().contains(problem.unwrap_or_default()), "{rule:?} {name:?}");
        }
    }

    #[test]
    fn what_an_earlier_version_named_stays_readable() {
        for (rule, name) in [(NameRule::Label, "*"), (NameRule::Label, " a"), (NameRule::Project, "a\u{200b}b"), (NameRule::Tag, "")] {
            assert!(rule.check(name).is_err() && rule.check_stored(name).is_ok(), "{rule:?} {name:?}");
        }
    }
}
