//! Queries over gRPC: every RPC of `Query`, run on blocking threads.

use super::{encode, files, run_path};
use crate::api::columns::{Columns, LISTED_VALUES};
use crate::api::keys::{KeyPage, ListKeys};
use crate::api::{keys, label_choice, rows, runs};
use crate::connections::peer_of;
use crate::series::{answer_bytes, check_panels};
use crate::state::context::Context;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use stepwell_proto::v1;
use stepwell_proto::v1::query_server::{Query, QueryServer};
use stepwell_store::Page;
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
        let projects = self.context.read(|context| Ok(context.store.projects(crate::state::clock::now())?)).await?;
        Ok(Response::new(v1::ListProjectsReply { projects: projects.into_iter().map(encode::project).collect() }))
    }

    async fn list_runs(&self, request: Request<v1::ListRunsRequest>) -> Reply<v1::ListRunsReply> {
        let request = request.into_inner();
        let limit = if request.limit == 0 { DEFAULT_RUNS } else { request.limit as usize };
        let page = Page { limit, offset: request.offset as usize };
        let limit = (request.summary_limit > 0).then_some(request.summary_limit as usize);
        let columns = Columns::new(request.summary_keys, limit, LISTED_VALUES);
        let selection = runs::RunSelection::parse(request.entity, request.project, page, &request.filters, &request.order, columns)?;
        let (runs, total) = self.context.read(move |context| selection.read(&*context.store, crate::state::clock::now())).await?;
        Ok(Response::new(v1::ListRunsReply { runs: runs.into_iter().map(encode::listed).collect(), total }))
    }

    async fn get_run(&self, request: Request<v1::GetRunRequest>) -> Reply<v1::Run> {
        let path = run_path(request.into_inner().path)?;
        let run = self.context.read(move |context| Ok(context.store.run(&path, crate::state::clock::now())?)).await?;
        Ok(Response::new(encode::run(run)))
    }

    async fn list_keys(&self, request: Request<v1::ListKeysRequest>) -> Reply<v1::ListKeysReply> {
        let request = request.into_inner();
        let v1::ListKeysRequest { entity, project, runs, limit, offset } = request;
        let limit = (limit > 0).then_some(limit as usize);
        let query = ListKeys { entity, project, runs, limit, offset: offset as usize, with_metrics: false };
        let KeyPage { keys, total, .. } = self.context.read(move |context| keys::list(context, &query)).await?;
        Ok(Response::new(v1::ListKeysReply { keys: keys.into_iter().map(encode::key).collect(), total }))
    }

    async fn get_series(&self, request: Request<v1::GetSeriesRequest>) -> Reply<v1::GetSeriesReply> {
        let peer = peer_of(request.extensions());
        let request = request.into_inner();
        let panel = encode::panel(&request)?;
        check_panels(std::slice::from_ref(&panel))?;
        let _share = self.context.answer_room(peer, answer_bytes(std::slice::from_ref(&panel))).await?;
        let (entity, project) = (request.entity, request.project);
        let read = move |context: &Context| context.series.read(&entity, &project, std::slice::from_ref(&panel));
        let lines = self.context.read(read).await?.pop();
        Ok(Response::new(lines.as_ref().map_or_else(v1::GetSeriesReply::default, encode::series)))
    }

    type SampleRowsStream = BoxStream<'static, Result<v1::RowBatch, Status>>;

    async fn sample_rows(&self, request: Request<v1::SampleRowsRequest>) -> Reply<Self::SampleRowsStream> {
        let v1::SampleRowsRequest { path, keys, label, samples } = request.into_inner();
        let sample = rows::Sample { path: run_path(path)?, keys, label: label_choice(label.as_deref()), samples };
        Ok(Response::new(encode::rows(rows::sample(&self.context, sample).await?)))
    }

    type ScanRowsStream = BoxStream<'static, Result<v1::RowBatch, Status>>;

    async fn scan_rows(&self, request: Request<v1::ScanRowsRequest>) -> Reply<Self::ScanRowsStream> {
        let v1::ScanRowsRequest { path, keys, label, min_step, max_step } = request.into_inner();
        let scan = rows::Scan { path: run_path(path)?, keys, label: label_choice(label.as_deref()), min_step, max_step };
        Ok(Response::new(encode::rows(rows::scan(&self.context, scan).await?)))
    }

    async fn list_files(&self, request: Request<v1::ListFilesRequest>) -> Reply<v1::ListFilesReply> {
        Ok(Response::new(files::list(&self.context, request.into_inner()).await?))
    }

    type ReadFileStream = BoxStream<'static, Result<v1::FileChunk, Status>>;

    async fn read_file(&self, request: Request<v1::ReadFileRequest>) -> Reply<Self::ReadFileStream> {
        Ok(Response::new(files::read(&self.context, request.into_inner()).await?))
    }
}
