//! The service `Manage`: runs are deleted, presets of charts are saved.

use super::{Reply, run_path};
use crate::api::REQUEST_BYTES;
use crate::api::deletion::delete_run;
use crate::api::presets::{Preset, Presets};
use crate::state::context::Context;
use std::sync::Arc;
use stepwell_proto::v1;
use stepwell_proto::v1::manage_server::{Manage, ManageServer};
use tonic::{Request, Response};

/// The service.
pub(crate) struct ManageService {
    context: Arc<Context>,
}

impl ManageService {
    /// The service as a route, its messages bounded.
    pub(crate) fn server(context: Arc<Context>) -> ManageServer<Self> {
        ManageServer::new(Self { context }).max_decoding_message_size(REQUEST_BYTES)
    }
}

#[tonic::async_trait]
impl Manage for ManageService {
    async fn delete_run(&self, request: Request<v1::DeleteRunRequest>) -> Reply<v1::DeleteRunReply> {
        let path = run_path(request.into_inner().path)?;
        self.context.read(move |context| delete_run(context, &path)).await?;
        Ok(Response::new(v1::DeleteRunReply {}))
    }

    async fn list_presets(&self, request: Request<v1::ListPresetsRequest>) -> Reply<v1::ListPresetsReply> {
        let owner = request.into_inner().owner;
        let found = self.context.read(move |context| Presets::new(&context.directory).list(&owner)).await?;
        let presets = found.into_iter().map(|preset| v1::Preset { spec: String::new(), ..message(preset) }).collect();
        Ok(Response::new(v1::ListPresetsReply { presets }))
    }

    async fn get_preset(&self, request: Request<v1::GetPresetRequest>) -> Reply<v1::Preset> {
        let name = request.into_inner().name;
        let found = self.context.read(move |context| Presets::new(&context.directory).get(&name)).await?;
        Ok(Response::new(message(found)))
    }

    async fn put_preset(&self, request: Request<v1::Preset>) -> Reply<v1::Preset> {
        let v1::Preset { name, title, spec, .. } = request.into_inner();
        let saved = self.context.read(move |context| Presets::new(&context.directory).put(&name, &title, &spec)).await?;
        Ok(Response::new(message(saved)))
    }

    async fn delete_preset(&self, request: Request<v1::DeletePresetRequest>) -> Reply<v1::DeletePresetReply> {
        let name = request.into_inner().name;
        self.context.read(move |context| Presets::new(&context.directory).delete(&name)).await?;
        Ok(Response::new(v1::DeletePresetReply {}))
    }
}

fn message(preset: Preset) -> v1::Preset {
    v1::Preset { name: preset.name, title: preset.title, spec: Box::<str>::from(preset.spec).into(), saved_us: preset.saved_us }
}
