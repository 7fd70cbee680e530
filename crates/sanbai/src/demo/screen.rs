//! The picture on a terminal.

use std::time::Duration;

use anyhow::Context as _;
use ratatui::DefaultTerminal;
use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line as Text;
use ratatui::widgets::{Block, Clear, Paragraph, Row, Table, TableState, Wrap};
use sanbai_core::registry::RegistryView;
use sanbai_core::rules::Duty;
use sanbai_core::tally::Rate;
use sanbai_wire::proto::alert::{Alert, Change, Severity};

use super::picture::{Line, Picture};
use super::plain::{alert_line, rates};
use super::{Shown, View, story};
use crate::table::site_name;

/// Below this rate, in hundredths of a percent, a figure is red.
const BAD: u64 = 9_900;

/// A terminal in the picture's hands.
pub(super) struct Screen {
    terminal: DefaultTerminal,
    parcels: TableState,
    /// A parcel's story, and how far it was scrolled.
    story: Option<(String, u16)>,
}

impl Screen {
    pub(super) fn open() -> anyhow::Result<Self> {
        Ok(Self {
            terminal: ratatui::try_init().context("the terminal cannot be used; try --plain")?,
            parcels: TableState::default().with_selected(0),
            story: None,
        })
    }

    /// What is pressed; `false` where it is to end.
    fn keys(&mut self, picture: &Picture, world: &Shown<'_>) -> anyhow::Result<bool> {
        while event::poll(Duration::ZERO)? {
            let Event::Key(key) = event::read()? else { continue };
            if key.kind != KeyEventKind::Press {
                continue;
            }
            let is_interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
            match (&mut self.story, key.code) {
                _ if is_interrupt => return Ok(false),
                (Some(_), KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q')) => self.story = None,
                (Some((_, scrolled)), KeyCode::Down) => *scrolled = scrolled.saturating_add(1),
                (Some((_, scrolled)), KeyCode::Up) => *scrolled = scrolled.saturating_sub(1),
                (None, KeyCode::Char('q') | KeyCode::Esc) => return Ok(false),
                (None, KeyCode::Down) => self.parcels.select_next(),
                (None, KeyCode::Up) => self.parcels.select_previous(),
                (None, KeyCode::Enter) => self.tell(picture, world),
                _ => {}
            }
        }
        Ok(true)
    }

    fn tell(&mut self, picture: &Picture, world: &Shown<'_>) {
        let selected = self.parcels.selected().and_then(|number| picture.parcels.get(number));
        if let Some(verdict) = selected {
            let told = story::of(world, &verdict.brand, &verdict.waybill);
            self.story = Some((told.unwrap_or_else(|error| format!("{error:#}")), 0));
        }
    }
}

impl View for Screen {
    fn show(&mut self, picture: &Picture, world: &Shown<'_>) -> anyhow::Result<bool> {
        if !self.keys(picture, world)? {
            return Ok(false);
        }
        let (parcels, story) = (&mut self.parcels, self.story.as_ref());
        let drawn = self.terminal.draw(|frame| draw(frame, picture, world, parcels, story));
        drawn.context("the terminal cannot be drawn on")?;
        Ok(true)
    }

    fn close(self: Box<Self>, picture: &Picture, world: &Shown<'_>) -> anyhow::Result<()> {
        ratatui::try_restore().context("the terminal cannot be given back")?;
        Box::new(super::plain::Plain::silent()).close(picture, world)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Given back already where it ended in order.
        ratatui::try_restore().ok();
    }
}

fn draw(
    frame: &mut Frame<'_>,
    picture: &Picture,
    world: &Shown<'_>,
    parcels: &mut TableState,
    story: Option<&(String, u16)>,
) {
    let rows = Layout::vertical([
        Constraint::Length(2),
        Constraint::Percentage(40),
        Constraint::Percentage(30),
        Constraint::Min(3),
        Constraint::Length(1),
    ]);
    let [head, middle, alerts, found, foot] = rows.areas(frame.area());
    let [left, right] = Layout::horizontal([Constraint::Percentage(50); 2]).areas(middle);
    let registry = world.daemon.node.registry();
    let view = registry.registry().view();
    let title = format!("三百 Sanbai  {}  {}", world.now, rates(picture));
    frame.render_widget(Paragraph::new(title).wrap(Wrap { trim: true }), head);
    lines(
        frame,
        left,
        "网点 Outlets, the worst first",
        &picture.outlets(),
        (view, world),
    );
    lines(
        frame,
        right,
        "快递员 Couriers, the worst first",
        &picture.couriers(),
        (view, world),
    );
    let news: Vec<Text<'_>> = picture
        .news
        .iter()
        .take(usize::from(alerts.height))
        .map(alert_text)
        .collect();
    let block = Block::bordered().title("预警 Alerts, the newest first");
    frame.render_widget(Paragraph::new(news).block(block), alerts);
    findings(frame, found, picture, parcels);
    let keys = "↑↓ 选择 choose · Enter 快件详情 story · q 结束 end";
    frame.render_widget(Paragraph::new(keys).style(Style::new().fg(Color::DarkGray)), foot);
    if let Some((text, scrolled)) = story {
        let area = frame.area().inner(ratatui::layout::Margin::new(4, 2));
        let block = Block::bordered().title("快件详情 A parcel's story · Esc 返回 back");
        let text = Paragraph::new(text.as_str())
            .wrap(Wrap { trim: false })
            .scroll((*scrolled, 0));
        frame.render_widget(Clear, area);
        frame.render_widget(text.block(block), area);
    }
}

fn lines(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    lines: &[Line],
    (registry, world): (RegistryView<'_>, &Shown<'_>),
) {
    let rows = lines.iter().take(usize::from(area.height)).map(|line| {
        let name = site_name(registry, &line.brand, &line.site, world.now);
        let name = if line.operator.is_empty() {
            format!("{} {name}", line.brand)
        } else {
            format!("{} {} {name}", line.brand, line.operator)
        };
        let rates = Duty::ALL.map(|duty| figure(line.counts.rate(duty)));
        let cells = [
            Text::from(name),
            Text::from(line.counts.parcels.to_string()).right_aligned(),
        ];
        Row::new(cells.into_iter().chain(rates))
    });
    let widths = [
        Constraint::Min(16),
        Constraint::Length(6),
        Constraint::Length(8),
        Constraint::Length(8),
        Constraint::Length(8),
    ];
    let head = ["", "件数", "实名", "验视", "过机"].map(|word| Text::from(word).right_aligned());
    let table = Table::new(rows, widths)
        .header(Row::new(head).style(Style::new().add_modifier(Modifier::BOLD)))
        .block(Block::bordered().title(title.to_owned()));
    frame.render_widget(table, area);
}

fn figure(rate: Rate) -> Text<'static> {
    let is_bad = rate.basis_points().is_some_and(|points| points < BAD);
    let style = if is_bad {
        Style::new().fg(Color::Red)
    } else {
        Style::new()
    };
    Text::from(rate.to_string()).style(style).right_aligned()
}

fn alert_text(alert: &Alert) -> Text<'static> {
    let style = match (alert.change(), alert.severity()) {
        (Change::Withdrawn | Change::Eased, _) => Style::new().fg(Color::Green),
        (_, Severity::Critical) => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
        (_, Severity::High) => Style::new().fg(Color::Red),
        _ => Style::new().fg(Color::Yellow),
    };
    Text::from(alert_line(alert)).style(style)
}

fn findings(frame: &mut Frame<'_>, area: Rect, picture: &Picture, parcels: &mut TableState) {
    let rows = picture.parcels.iter().map(|verdict| {
        let found = verdict
            .findings
            .iter()
            .map(|finding| format!("{} {}", finding.code, finding.title_zh));
        let found: Vec<String> = found.collect();
        Row::new([
            format!("{}:{}", verdict.brand, verdict.waybill),
            format!("{} {}", verdict.site, verdict.operator),
            found.join("，"),
        ])
    });
    let widths = [Constraint::Length(22), Constraint::Length(22), Constraint::Min(20)];
    let table = Table::new(rows, widths)
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED))
        .block(Block::bordered().title("问题快件 Parcels with findings, the newest first"));
    frame.render_stateful_widget(table, area, parcels);
}
