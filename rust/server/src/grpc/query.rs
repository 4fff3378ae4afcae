//! The service `Query`: everything that is read back.

use super::row_batch::{Encoder, messages};
use super::{Chunks, Reply, chunks, encode, run_path, unless_zero};
use crate::api::keys::ListKeys;
use crate::api::rows::{Sample, Scan};
use crate::api::runs::ListRuns;
use crate::api::series::{PanelQuery, SeriesQuery, SeriesSelector};
use crate::api::values::{HistogramsQuery, ValuesQuery};
use crate::api::{self, REQUEST_BYTES, label_choice};
use crate::connections::peer_of;
use crate::error::ServiceError;
use crate::state::context::Context;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use stepwell_model::BlobId;
use stepwell_proto::v1;
use stepwell_proto::v1::query_server::{Query, QueryServer};
use tonic::{Request, Response, Status};

/// The service.
pub(crate) struct QueryService {
    context: Arc<Context>,
}

impl QueryService {
    /// The service as a route, its messages bounded.
    pub(crate) fn server(context: Arc<Context>) -> QueryServer<Self> {
        QueryServer::new(Self { context }).max_decoding_message_size(REQUEST_BYTES)
    }

    /// Answers on a blocking thread, where the answer is encoded, too.
    async fn answer<T: Send + 'static>(&self, answer: impl FnOnce(&Context) -> Result<T, ServiceError> + Send + 'static) -> Reply<T> {
        Ok(Response::new(self.context.read(answer).await?))
    }
}

#[tonic::async_trait]
impl Query for QueryService {
    async fn get_status(&self, _request: Request<v1::GetStatusRequest>) -> Reply<v1::GetStatusReply> {
        Ok(Response::new(encode::status(api::status::get(&self.context), self.context.caught_up())))
    }

    async fn list_projects(&self, _request: Request<v1::ListProjectsRequest>) -> Reply<v1::ListProjectsReply> {
        self.answer(|context| Ok(encode::projects(api::projects::list(context)?))).await
    }

    async fn list_runs(&self, request: Request<v1::ListRunsRequest>) -> Reply<v1::ListRunsReply> {
        let request = request.into_inner();
        let query = ListRuns {
            entity: request.entity,
            project: request.project,
            limit: unless_zero(request.limit),
            offset: request.offset as usize,
            filters: request.filters,
            order: request.order,
            columns: request.columns,
            summary: request.summary_keys,
            summary_limit: unless_zero(request.summary_limit),
        };
        self.answer(move |context| Ok(encode::run_page(api::runs::list(context, query)?))).await
    }

    async fn get_run(&self, request: Request<v1::GetRunRequest>) -> Reply<v1::Run> {
        let v1::GetRunRequest { path, summary_limit } = request.into_inner();
        let path = run_path(path)?;
        self.answer(move |context| Ok(encode::run(api::runs::get(context, &path, unless_zero(summary_limit))?))).await
    }

    async fn list_keys(&self, request: Request<v1::ListKeysRequest>) -> Reply<v1::ListKeysReply> {
        let v1::ListKeysRequest { entity, project, runs, search, limit, offset, with_metrics } = request.into_inner();
        let query = ListKeys { entity, project, runs, search, limit: unless_zero(limit), offset: offset as usize, with_metrics };
        self.answer(move |context| Ok(encode::key_page(api::keys::list(context, query)?))).await
    }

    async fn get_series(&self, request: Request<v1::GetSeriesRequest>) -> Reply<v1::GetSeriesReply> {
        let peer = peer_of(request.extensions());
        let v1::GetSeriesRequest { entity, project, series, x, from, to, buckets, log_x } = request.into_inner();
        let selector = |v1::SeriesSelector { run, key, label }| SeriesSelector { run, key, label };
        let panel = PanelQuery {
            id: "series".into(),
            x: (!x.is_empty()).then_some(x),
            from,
            to,
            buckets: buckets as usize,
            log_x,
            series: series.into_iter().map(selector).collect(),
        };
        let query = SeriesQuery { entity, project, panels: vec![panel] };
        let read = api::series::read(&self.context, peer, query, |_, lines| lines.first().map(encode::series).unwrap_or_default());
        Ok(Response::new(read.await?))
    }

    async fn get_histograms(&self, request: Request<v1::GetHistogramsRequest>) -> Reply<v1::GetHistogramsReply> {
        let v1::GetHistogramsRequest { path, key, label, columns } = request.into_inner();
        let path = run_path(path)?;
        let query =
            HistogramsQuery { entity: path.entity, project: path.project, run: path.run, key, label, columns: unless_zero(columns) };
        self.answer(move |context| Ok(encode::histograms(api::values::histograms(context, &query)?))).await
    }

    async fn get_values(&self, request: Request<v1::GetValuesRequest>) -> Reply<v1::GetValuesReply> {
        let v1::GetValuesRequest { path, key, label, limit } = request.into_inner();
        let path = run_path(path)?;
        let query = ValuesQuery { entity: path.entity, project: path.project, run: path.run, key, label, limit: unless_zero(limit) };
        self.answer(move |context| Ok(encode::values(api::values::newest(context, &query)?))).await
    }

    type SampleRowsStream = BoxStream<'static, Result<v1::RowBatch, Status>>;

    async fn sample_rows(&self, request: Request<v1::SampleRowsRequest>) -> Reply<Self::SampleRowsStream> {
        let v1::SampleRowsRequest { path, keys, label, samples, in_columns } = request.into_inner();
        let sample = Sample { path: run_path(path)?, keys, label: label_choice(label.as_deref()), samples };
        let mut encoder = Encoder::new(in_columns);
        let batches = api::rows::sample(&self.context, sample, move |label, batch| encoder.message(label, batch)).await?;
        Ok(Response::new(messages(batches)))
    }

    type ScanRowsStream = BoxStream<'static, Result<v1::RowBatch, Status>>;

    async fn scan_rows(&self, request: Request<v1::ScanRowsRequest>) -> Reply<Self::ScanRowsStream> {
        let v1::ScanRowsRequest { path, keys, label, min_step, max_step, in_columns } = request.into_inner();
        let scan = Scan { path: run_path(path)?, keys, label: label_choice(label.as_deref()), min_step, max_step };
        let mut encoder = Encoder::new(in_columns);
        let batches = api::rows::scan(&self.context, scan, move |label, batch| encoder.message(label, batch)).await?;
        Ok(Response::new(messages(batches)))
    }

    async fn list_files(&self, request: Request<v1::ListFilesRequest>) -> Reply<v1::ListFilesReply> {
        let path = run_path(request.into_inner().path)?;
        self.answer(move |context| Ok(encode::files(api::files::list(context, &path)?))).await
    }

    type ReadFileStream = Chunks;

    async fn read_file(&self, request: Request<v1::ReadFileRequest>) -> Reply<Chunks> {
        let v1::ReadFileRequest { path, file, offset, length } = request.into_inner();
        let path = run_path(path)?;
        let content = self.context.read(move |context| api::files::open_file(context, &path, &file)).await?;
        Ok(Response::new(chunks(&self.context, content, offset, length)?))
    }

    type ReadBlobStream = Chunks;

    async fn read_blob(&self, request: Request<v1::ReadBlobRequest>) -> Reply<Chunks> {
        let v1::ReadBlobRequest { sha256, offset, length } = request.into_inner();
        let name = <[u8; 32]>::try_from(&*sha256);
        let id = name.map_err(|_| ServiceError::invalid(format!("the name of a blob is 32 bytes, this one has {}", sha256.len())))?;
        let content = self.context.read(move |context| api::files::open_blob(context, BlobId(id))).await?;
        Ok(Response::new(chunks(&self.context, content, offset, length)?))
    }
}
