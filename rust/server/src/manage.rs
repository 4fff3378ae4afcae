//! What is changed besides what writers say, over gRPC: runs are deleted, presets of charts are saved.

use crate::context::Context;
use std::sync::Arc;
use stepwell_proto::v1;
use stepwell_proto::v1::manage_server::{Manage, ManageServer};
use tonic::{Request, Response, Status};

/// Bytes of a request; a specification of a chart is small.
const REQUEST_BYTES: usize = 4 << 20;

/// The service.
pub(crate) struct ManageService {
    #[expect(dead_code, reason = "what is below comes next")]
    context: Arc<Context>,
}

impl ManageService {
    /// The service as a route, its messages bounded.
    pub(crate) fn server(context: Arc<Context>) -> ManageServer<Self> {
        ManageServer::new(Self { context }).max_decoding_message_size(REQUEST_BYTES)
    }
}

type Reply<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Manage for ManageService {
    async fn delete_run(&self, _request: Request<v1::DeleteRunRequest>) -> Reply<v1::DeleteRunReply> {
        Err(Status::unimplemented("DeleteRun"))
    }

    async fn list_presets(&self, _request: Request<v1::ListPresetsRequest>) -> Reply<v1::ListPresetsReply> {
        Err(Status::unimplemented("ListPresets"))
    }

    async fn get_preset(&self, _request: Request<v1::GetPresetRequest>) -> Reply<v1::Preset> {
        Err(Status::unimplemented("GetPreset"))
    }

    async fn put_preset(&self, _request: Request<v1::Preset>) -> Reply<v1::Preset> {
        Err(Status::unimplemented("PutPreset"))
    }

    async fn delete_preset(&self, _request: Request<v1::DeletePresetRequest>) -> Reply<v1::DeletePresetReply> {
        Err(Status::unimplemented("DeletePreset"))
    }
}
