//! Queries over gRPC: every RPC of `Query`, run on blocking threads.

mod batch;
pub(crate) mod columns;
mod convert;
mod field;
mod files;
mod filter;
mod moment;
mod order;
pub(crate) mod runs;
mod sample;
mod scan;

use crate::connections::peer_of;
use crate::context::Context;
use crate::error::ServiceError;
use crate::http::metadata::KEYS;
use crate::series::{answer_bytes, check_panels};
use columns::{Columns, LISTED_VALUES};
use futures_util::stream::BoxStream;
use std::sync::Arc;
use stepwell_model::RunPath;
use stepwell_proto::v1;
use stepwell_proto::v1::query_server::{Query, QueryServer};
use stepwell_store::{LabelChoice, Page};
use tonic::{Request, Response, Status};

/// Runs in a list if the request names no limit.
const DEFAULT_RUNS: usize = stepwell_model::defaults::RUNS_PAGE;
/// Bytes of a request; the longest names 20,000 series.
const REQUEST_BYTES: usize = 4 << 20;

/// The service.
pub(crate) struct QueryService {
    context: Arc<Context>,
}

impl QueryService {
    /// The service as a route, its messages bounded.
    pub(crate) fn server(context: Arc<Context>) -> QueryServer<Self> {
        QueryServer::new(Self { context }).max_decoding_message_size(REQUEST_BYTES)
    }
}

/// The path that a request names.
pub(crate) fn run_path(path: Option<v1::RunPath>) -> Result<RunPath, ServiceError> {
    let path = path.ok_or_else(|| ServiceError::invalid("the field `path` is missing"))?;
    Ok(RunPath::try_from(path)?)
}

/// Which label a request means.
pub(crate) fn label_choice(label: Option<&str>) -> LabelChoice {
    match label {
        None => LabelChoice::Primary,
        Some(stepwell_model::ALL_LABELS) => LabelChoice::All,
        Some(label) => LabelChoice::Is(label.to_owned()),
    }
}

type Reply<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Query for QueryService {
    async fn get_status(&self, _request: Request<v1::GetStatusRequest>) -> Reply<v1::GetStatusReply> {
        Ok(Response::new(v1::GetStatusReply {
            version: env!("CARGO_PKG_VERSION").into(),
            mode: self.context.mode.name().into(),
            started_us: self.context.started,
            directory: self.context.directory.display().to_string(),
            caught_up_us: self.context.caught_up(),
        }))
    }

    async fn list_projects(&self, _request: Request<v1::ListProjectsRequest>) -> Reply<v1::ListProjectsReply> {
        let projects = self.context.read(|context| Ok(context.store.projects(crate::clock::now())?)).await?;
        Ok(Response::new(v1::ListProjectsReply { projects: projects.into_iter().map(convert::project).collect() }))
    }

    async fn list_runs(&self, request: Request<v1::ListRunsRequest>) -> Reply<v1::ListRunsReply> {
        let request = request.into_inner();
        let limit = if request.limit == 0 { DEFAULT_RUNS } else { request.limit as usize };
        let page = Page { limit, offset: request.offset as usize };
        let limit = (request.summary_limit > 0).then_some(request.summary_limit as usize);
        let columns = Columns::new(request.summary_keys, limit, LISTED_VALUES);
        let selection = runs::RunSelection::parse(request.entity, request.project, page, &request.filters, &request.order, columns)?;
        let (runs, total) = self.context.read(move |context| selection.read(&*context.store, crate::clock::now())).await?;
        Ok(Response::new(v1::ListRunsReply { runs: runs.into_iter().map(convert::listed).collect(), total }))
    }

    async fn get_run(&self, request: Request<v1::GetRunRequest>) -> Reply<v1::Run> {
        let path = run_path(request.into_inner().path)?;
        let run = self.context.read(move |context| Ok(context.store.run(&path, crate::clock::now())?)).await?;
        Ok(Response::new(convert::run(run)))
    }

    async fn list_keys(&self, request: Request<v1::ListKeysRequest>) -> Reply<v1::ListKeysReply> {
        let request = request.into_inner();
        let limit = if request.limit == 0 { KEYS } else { request.limit as usize };
        let page = Page { limit, offset: request.offset as usize };
        let read = move |context: &Context| Ok(context.store.keys_page(&request.entity, &request.project, &request.runs, page)?);
        let (keys, total) = self.context.read(read).await?;
        Ok(Response::new(v1::ListKeysReply { keys: keys.into_iter().map(convert::key).collect(), total }))
    }

    async fn get_series(&self, request: Request<v1::GetSeriesRequest>) -> Reply<v1::GetSeriesReply> {
        let peer = peer_of(request.extensions());
        let request = request.into_inner();
        let panel = convert::panel(&request)?;
        check_panels(std::slice::from_ref(&panel))?;
        let _share = self.context.answer_room(peer, answer_bytes(std::slice::from_ref(&panel))).await?;
        let (entity, project) = (request.entity, request.project);
        let read = move |context: &Context| context.series.read(&entity, &project, std::slice::from_ref(&panel));
        let lines = self.context.read(read).await?.pop();
        Ok(Response::new(lines.as_ref().map_or_else(v1::GetSeriesReply::default, convert::series)))
    }

    type SampleRowsStream = BoxStream<'static, Result<v1::RowBatch, Status>>;

    async fn sample_rows(&self, request: Request<v1::SampleRowsRequest>) -> Reply<Self::SampleRowsStream> {
        let turn = self.context.scan_turn().await?;
        let sample = sample::Sample::try_from(request.into_inner())?;
        let store = Arc::clone(&self.context.store);
        Ok(Response::new(batch::stream(turn, move |sender| sample.send(&*store, sender))))
    }

    type ScanRowsStream = BoxStream<'static, Result<v1::RowBatch, Status>>;

    async fn scan_rows(&self, request: Request<v1::ScanRowsRequest>) -> Reply<Self::ScanRowsStream> {
        let turn = self.context.scan_turn().await?;
        let scan = scan::Scan::try_from(request.into_inner())?;
        let store = Arc::clone(&self.context.store);
        Ok(Response::new(batch::stream(turn, move |sender| scan.send(&*store, sender))))
    }

    async fn list_files(&self, request: Request<v1::ListFilesRequest>) -> Reply<v1::ListFilesReply> {
        Ok(Response::new(files::list(&self.context, request.into_inner()).await?))
    }

    type ReadFileStream = BoxStream<'static, Result<v1::FileChunk, Status>>;

    async fn read_file(&self, request: Request<v1::ReadFileRequest>) -> Reply<Self::ReadFileStream> {
        Ok(Response::new(files::read(&self.context, request.into_inner()).await?))
    }
}
