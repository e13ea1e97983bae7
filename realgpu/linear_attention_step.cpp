#include "realgpu/linear_attention_step.h"

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using Method = models::LinearAttentionMethod;

}  // namespace

LinearAttentionStep::LinearAttentionStep(const AttentionRanks& ranks, const AttentionMethod& method,
                                         bool backward)
    : ranks_(ranks), method_(method) {
  if (method.method == Method::blelloch) {
    method_.scan = "blelloch";
    method_.overlap = method_.merged = false;
  }
  for (int gpu = 0; gpu < ranks.gpus(); ++gpu) {
    computes_.emplace_back(gpu);
    scans_.emplace_back(gpu);
    for (std::vector<Event>* events : {&ended_, &forked_, &states_, &scanned_})
      events->emplace_back(gpu);
  }
  exchanges_.reserve(2);
  add(false);
  if (backward) add(true);
}

bool LinearAttentionStep::coupled() const {
  return method_.method != Method::blelloch && method_.method != Method::scan;
}

void LinearAttentionStep::add(bool backward) {
  Exchange& exchange = exchanges_.emplace_back();
  if (coupled()) {
    exchange.ring.emplace(ranks_, backward);
    exchange.ring->bind();
    return;
  }
  exchange.scan.emplace(ranks_, method_.scan, backward, method_.scan_ctas);
  const models::Numbers numbers = exchange.scan->check();
  if (!numbers.correct)
    throw GpuError("scan " + method_.scan + " is wrong alone: " + numbers.reason);
  exchange.scan->bind();
}

void LinearAttentionStep::check_health() const {
  for (const Exchange& exchange : exchanges_)
    if (exchange.scan) exchange.scan->check_health();
}

// All GPUs go on from here.
void LinearAttentionStep::part() const {
  forked_.front().record(computes_.front());
  for (std::size_t gpu = 1; gpu < computes_.size(); ++gpu)
    forked_.front().make_wait(computes_[gpu]);
}

// The origin goes on when all have come here.
void LinearAttentionStep::join() const {
  for (std::size_t gpu = 1; gpu < computes_.size(); ++gpu) {
    ended_[gpu].record(computes_[gpu]);
    ended_[gpu].make_wait(computes_.front());
  }
}

void LinearAttentionStep::issue() const {
  part();
  run(false);
  join();
  if (exchanges_.size() < 2) return;
  part();
  run(true);
  join();
}

void LinearAttentionStep::issue_meeting() const {
  part();
  for (const Stream& stream : computes_) {
    const DeviceScope scope(stream.device());
    launch_pause(stream.get());
  }
  join();
}

void LinearAttentionStep::issue_exchange() const {
  part();
  launch(*exchanges_.front().scan, computes_);
  await_scans();
  join();
}

void LinearAttentionStep::run(bool backward) const {
  const Exchange& exchange = exchanges_[backward ? 1 : 0];
  if (exchange.ring) return run_ring(*exchange.ring, backward);
  run_scan(*exchange.scan, backward);
}

void LinearAttentionStep::run_ring(const AttentionRing& ring, bool backward) const {
  int last = -1;  // whose GPU had the rank before
  for (int i = 0; i < ranks_.sp(); ++i) {
    const int rank = backward ? ranks_.sp() - 1 - i : i;
    const int gpu = ranks_.gpu_of(rank);
    if (last >= 0 && last != gpu) {
      states_[static_cast<std::size_t>(last)].record(computes_[static_cast<std::size_t>(last)]);
      states_[static_cast<std::size_t>(last)].make_wait(computes_[static_cast<std::size_t>(gpu)]);
    }
    run_rank(ring, rank, backward);
    last = gpu;
  }
}

void LinearAttentionStep::run_rank(const AttentionRing& ring, int rank, bool backward) const {
  const int gpu = ranks_.gpu_of(rank);
  const Stream& stream = computes_[static_cast<std::size_t>(gpu)];
  const AttentionParts& parts = ranks_.parts(gpu);
  const RankRange one{rank % ranks_.per_gpu(), 1};
  if (method_.method == Method::fuse) {
    parts.local_state(backward, one, stream);
    parts.outputs(backward, true, one, stream);
  } else {
    if (method_.method == Method::naive) ring.copy_zeros(rank, stream);
    parts.local_state(backward, one, stream);
    parts.outputs(backward, false, one, stream);
    parts.inter(backward, one, stream);
  }
  ring.send(rank, stream);
}

// A scan's launch reads the states of all GPUs, and may write them: it starts when all are made,
// and who uses what it gives waits for the launches of all GPUs. (A rank that only receives has no
// op that waits.)
void LinearAttentionStep::launch(const AttentionScan& scan, const std::vector<Stream>& on) const {
  for (std::size_t g = 0; g < on.size(); ++g) states_[g].record(computes_[g]);
  for (std::size_t g = 0; g < on.size(); ++g)
    for (std::size_t other = 0; other < on.size(); ++other)
      if (&on != &computes_ || other != g) states_[other].make_wait(on[g]);
  for (std::size_t g = 0; g < on.size(); ++g) {
    scan.launch_on(on[g]);
    scanned_[g].record(on[g]);
  }
}

void LinearAttentionStep::await_scans() const {
  for (const Stream& stream : computes_)
    for (const Event& scanned : scanned_) scanned.make_wait(stream);
}

// The pause lets the scan's thread blocks onto the GPU before those of the intra-chunk part, which
// otherwise fill it: the scan's launch needs all of its blocks at once.
void LinearAttentionStep::scan_beside(const AttentionScan& scan, bool backward) const {
  launch(scan, scans_);
  for (std::size_t g = 0; g < scans_.size(); ++g) {
    const AttentionParts& parts = ranks_.parts(static_cast<int>(g));
    const DeviceScope scope(parts.device());
    launch_pause(computes_[g].get());
    parts.outputs(backward, false, parts.all(), computes_[g]);
  }
  await_scans();
}

void LinearAttentionStep::run_scan(const AttentionScan& scan, bool backward) const {
  const auto on_all = [&](const auto& part) {
    for (std::size_t g = 0; g < computes_.size(); ++g)
      part(ranks_.parts(static_cast<int>(g)), computes_[g]);
  };
  const auto outputs = [&](bool with_outer) {
    on_all([&](const AttentionParts& parts, const Stream& stream) {
      parts.outputs(backward, with_outer, parts.all(), stream);
    });
  };
  on_all([&](const AttentionParts& parts, const Stream& stream) {
    parts.local_state(backward, parts.all(), stream);
  });
  if (method_.overlap) {
    scan_beside(scan, backward);
  } else {
    if (!method_.merged) outputs(false);
    launch(scan, computes_);
    await_scans();
    if (method_.merged) return outputs(true);
  }
  on_all([&](const AttentionParts& parts, const Stream& stream) {
    parts.inter(backward, parts.all(), stream);
  });
}

}  // namespace twinlink::realgpu
