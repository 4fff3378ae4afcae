//! One loop compiled for several instruction sets, the best of which is chosen where it runs.

/// A loop that the compiler vectorises. Implementations mark `run` `#[inline(always)]` so that it takes on
/// the caller's features.
///
/// Results must not depend on the width of vectors.
pub(crate) trait Vectorised {
    /// Result.
    type Output;

    /// Runs the loop.
    fn run(self) -> Self::Output;
}

/// Runs `task` with the widest vectors of this processor.
pub(crate) fn widest<V: Vectorised>(task: V) -> V::Output {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { with_avx2(task) };
    }
    task.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<V: Vectorised>(task: V) -> V::Output {
    task.run()
}
