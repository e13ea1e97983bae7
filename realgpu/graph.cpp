#include "realgpu/graph.h"

namespace twinlink::realgpu {
namespace {

// Ends the capture on every way out, so that a failure does not leave the stream capturing.
class Capture {
 public:
  explicit Capture(cudaStream_t stream) : stream_(stream) {
    TL_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    active_ = true;
  }
  ~Capture() {
    if (active_) static_cast<void>(cudaStreamEndCapture(stream_, &graph_));
    if (graph_ != nullptr) static_cast<void>(cudaGraphDestroy(graph_));
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  cudaGraph_t end() {
    active_ = false;
    TL_CUDA(cudaStreamEndCapture(stream_, &graph_));
    return graph_;
  }

 private:
  cudaStream_t stream_;
  cudaGraph_t graph_ = nullptr;
  bool active_ = false;
};

}  // namespace

Graph::Graph(const Stream& origin, const std::function<void()>& issue) {
  const DeviceScope scope(origin.device());
  Capture capture(origin.get());
  issue();
  const cudaGraph_t graph = capture.end();
  TL_CUDA(cudaGraphGetNodes(graph, nullptr, &nodes_));
  TL_CUDA(cudaGraphInstantiate(&exec_, graph, 0));
  TL_CUDA(cudaGraphUpload(exec_, origin.get()));
  origin.synchronize();
}

void Graph::launch(const Stream& stream) const {
  const DeviceScope scope(stream.device());
  TL_CUDA(cudaGraphLaunch(exec_, stream.get()));
}

}  // namespace twinlink::realgpu
