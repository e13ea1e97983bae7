#pragma once
// A CUDA graph made by capturing what one stream, and all streams forked from and joined to it,
// are given. One graph may hold work of several devices.
#include <functional>
#include <utility>

#include "realgpu/stream.h"

namespace twinlink::realgpu {

class Graph {
 public:
  // Runs `issue` under capture of `origin`. Other threads may use CUDA meanwhile.
  Graph(const Stream& origin, const std::function<void()>& issue);
  ~Graph() {
    if (exec_ != nullptr) static_cast<void>(cudaGraphExecDestroy(exec_));
  }
  Graph(Graph&& other) noexcept
      : exec_(std::exchange(other.exec_, nullptr)), nodes_(other.nodes_) {}
  Graph& operator=(Graph&& other) noexcept {
    std::swap(exec_, other.exec_);
    std::swap(nodes_, other.nodes_);
    return *this;
  }

  void launch(const Stream& stream) const;
  [[nodiscard]] std::size_t nodes() const { return nodes_; }

 private:
  cudaGraphExec_t exec_ = nullptr;
  std::size_t nodes_ = 0;
};

}  // namespace twinlink::realgpu
