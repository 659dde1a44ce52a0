//! Parse and lower: one file's bytes to its `ModuleSummary`. The only place that knows tree-sitter.

pub mod ecma;
pub mod python;

use crate::ir::ModuleSummary;

/// The languages that are parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// `.py`
    Python,
    /// `.pyi`: types only
    PythonStub,
    /// `.js .cjs .mjs .jsx`
    JavaScript,
    /// `.ts .cts .mts`
    TypeScript,
    /// `.tsx`
    Tsx,
}

impl Lang {
    /// The language of a file name's extension.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension {
            "py" => Self::Python,
            "pyi" => Self::PythonStub,
            "js" | "cjs" | "mjs" | "jsx" => Self::JavaScript,
            "ts" | "cts" | "mts" => Self::TypeScript,
            "tsx" => Self::Tsx,
            _ => return None,
        })
    }
}

/// Lowers one file. Never fails: what could not be read is in `problems`.
#[must_use]
pub fn lower(text: &str, lang: Lang) -> ModuleSummary {
    match lang {
        Lang::Python | Lang::PythonStub => python::lower(text, lang == Lang::PythonStub),
        Lang::JavaScript | Lang::TypeScript | Lang::Tsx => ecma::lower(text, lang),
    }
}
