//! Series for charts: every series of some panels in one question.

use super::{label_choice, run_path};
use crate::error::ServiceError;
use crate::series::{Panel, PanelLines, answer_bytes, check_panels};
use crate::state::context::Context;
use serde::Deserialize;
use std::net::IpAddr;
use std::sync::Arc;
use stepwell_store::SeriesName;

/// Panels of one project that are asked for.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SeriesQuery {
    /// Owner.
    pub(crate) entity: String,
    /// Project.
    pub(crate) project: String,
    /// The panels, each on a grid of its own.
    pub(crate) panels: Vec<PanelQuery>,
}

/// A panel that is asked for.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PanelQuery {
    /// Its name in the answer.
    pub(crate) id: String,
    /// Key of the x axis; none: the step.
    pub(crate) x: Option<String>,
    /// Lowest x, included.
    pub(crate) from: Option<f64>,
    /// Highest x, included.
    pub(crate) to: Option<f64>,
    /// Buckets over the window.
    pub(crate) buckets: usize,
    /// Whether buckets are equally wide in log x.
    #[serde(default)]
    pub(crate) log_x: bool,
    /// The series.
    pub(crate) series: Vec<SeriesSelector>,
}

/// A series that is asked for.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SeriesSelector {
    /// Id of the run.
    pub(crate) run: String,
    /// Key.
    pub(crate) key: String,
    /// Label; none: the primary one; `*`: all of them together.
    pub(crate) label: Option<String>,
}

impl SeriesQuery {
    /// The panels, their names and bounds checked.
    pub(crate) fn panels(self) -> Result<Vec<Panel>, ServiceError> {
        let Self { entity, project, panels } = self;
        let name = |series: SeriesSelector| {
            let path = run_path(&entity, &project, &series.run)?;
            Ok(SeriesName { path, key: series.key, label: label_choice(series.label.as_deref()) })
        };
        let panel = |panel: PanelQuery| {
            Ok(Panel {
                id: panel.id,
                x: panel.x.unwrap_or_else(|| stepwell_model::metric::STEP.into()),
                window: (panel.from, panel.to),
                buckets: panel.buckets,
                log_x: panel.log_x,
                series: panel.series.into_iter().map(name).collect::<Result<_, ServiceError>>()?,
            })
        };
        let panels = panels.into_iter().map(panel).collect::<Result<Vec<_>, ServiceError>>()?;
        check_panels(&panels)?;
        Ok(panels)
    }
}

/// Reads the panels and has the answer encoded; both count as memory of `peer` until the encoded answer is
/// there.
pub(crate) async fn read<T: Send + 'static>(
    context: &Arc<Context>,
    peer: IpAddr,
    query: SeriesQuery,
    encode: impl FnOnce(&[Panel], &[PanelLines]) -> T + Send + 'static,
) -> Result<T, ServiceError> {
    let (entity, project) = (query.entity.clone(), query.project.clone());
    let panels = query.panels()?;
    let _share = context.answer_room(peer, answer_bytes(&panels)).await?;
    let read = move |context: &Context| {
        let lines = context.series.read(&entity, &project, &panels)?;
        Ok(encode(&panels, &lines))
    };
    context.read(read).await
}
