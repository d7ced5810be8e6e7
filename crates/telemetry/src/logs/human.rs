//! A line for eyes.

use std::fmt;

use anstyle::{AnsiColor, Style};
use chrono::Local;
use serde_json::Value;
use tracing::{Event, Level};
use tracing_subscriber::fmt::format::Writer;

use super::fields::Fields;

pub(super) fn write(mut writer: Writer<'_>, event: &Event<'_>, color: bool) -> fmt::Result {
    let level = *event.metadata().level();
    let style = |style: Style| if color { style } else { Style::new() };
    let dim = style(Style::new().dimmed());
    let level_style = style(style_of(level));
    let Fields { message, others } = Fields::of(event);

    let time = Local::now().format("%H:%M:%S%.3f");
    write!(writer, "{dim}{time}{dim:#} {level_style}{level:>5}{level_style:#} ")?;
    write_plain(&mut writer, &message)?;
    for (name, value) in others {
        write!(writer, " {dim}{name}={dim:#}")?;
        match value {
            Value::String(text) => write_plain(&mut writer, &text)?,
            value => write!(writer, "{value}")?,
        }
    }
    // Who says it matters when somebody looks for the cause, not while all is well.
    if level != Level::INFO {
        write!(writer, " {dim}({}){dim:#}", event.metadata().target())?;
    }
    writeln!(writer)
}

fn style_of(level: Level) -> Style {
    match level {
        Level::ERROR => AnsiColor::Red.on_default().bold(),
        Level::WARN => AnsiColor::Yellow.on_default(),
        Level::INFO => AnsiColor::Green.on_default(),
        _ => Style::new().dimmed(),
    }
}

/// Text may come from a tool or a model: no control character of it reaches the terminal, and no line break
/// forges a second line.
fn write_plain(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    for c in text.chars() {
        if c.is_control() {
            write!(writer, "{}", c.escape_default())?;
        } else {
            writer.write_char(c)?;
        }
    }
    Ok(())
}
