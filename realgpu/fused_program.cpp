#include "realgpu/fused_program.h"

#include <algorithm>

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

std::vector<int> devices_of(const models::Plan& plan) {
  std::vector<int> devices(plan.gpu_of_rank.begin(), plan.gpu_of_rank.end());
  std::sort(devices.begin(), devices.end());
  devices.erase(std::unique(devices.begin(), devices.end()), devices.end());
  return devices;
}

FusedSchedule schedule_for(const models::Plan& plan, const PlanMemory& memory) {
  const auto copies = [](const models::Lane& lane) { return lane.engine == models::Engine::copy; };
  if (memory.processes() != nullptr && std::any_of(plan.lanes.begin(), plan.lanes.end(), copies))
    throw UnsupportedError(
        "fused mode: the signals of copy lanes do not reach other processes; run this plan with "
        "one process");
  return make_fused_schedule(plan);
}

int first_here(const models::Plan& plan, const PlanMemory& memory) {
  const std::vector<int> devices = devices_of(plan);
  const auto here = std::find_if(devices.begin(), devices.end(),
                                 [&](int device) { return memory.is_here(device); });
  return here == devices.end() ? devices.front() : *here;
}

// On the current device; `shared`: with copy lanes, which get a multiprocessor of their own.
int blocks_that_fit(const FusedShape& shape, bool shared) {
  const int fit = resident_blocks(shape);
  if (!shared) return fit;
  int device = 0;
  int sms = 1;
  TL_CUDA(cudaGetDevice(&device));
  TL_CUDA(cudaDeviceGetAttribute(&sms, cudaDevAttrMultiProcessorCount, device));
  return fit / sms * (sms - 1);
}

}  // namespace

FusedProgram::FusedProgram(const models::Plan& plan, const models::Inputs& inputs,
                           const PlanMemory& memory, const Options& options)
    : plan_(plan),
      schedule_(schedule_for(plan, memory)),
      factors_(plan, inputs, memory),
      work_(plan, [&memory](int device) { return memory.is_here(device); }),
      boards_(plan, schedule_, memory, devices_of(plan)),
      signals_(plan, schedule_, devices_of(plan)),
      copies_(plan, schedule_, memory, signals_),
      origin_(first_here(plan, memory)),
      forked_(origin_.device()) {
  const FusedParts parts{plan, schedule_, memory, factors_, work_, boards_, signals_};
  for (const int device : devices_of(plan))
    if (memory.is_here(device)) add_gpu(device, parts, options);
}

void FusedProgram::add_gpu(int device, const FusedParts& parts, const Options& options) {
  auto gpu = std::make_unique<Gpu>(device);
  add_lanes(*gpu, parts);
  if (gpu->lanes.empty()) return;  // its ranks have nothing to do, or copy lanes only
  gpu->shape.cooperative = options.cooperative;
  gpu->shape.overlapped = options.overlapped && !copies_.on(device);
  gpu->shape.inline_data = !schedule_.scope.inline_edges.empty();
  gpu->shape.scalar = scalar_on(device, parts.memory);
  choose_shape(*gpu);
  hand_over_lanes(*gpu);
  gpu->epochs.emplace(device, std::int64_t{gpu->shape.blocks} * 8);
  gpu->epochs->fill(0);
  gpu->failure.emplace(device, static_cast<std::int64_t>(sizeof(Failure)));
  gpu->failure->fill(0);
  gpu->args.stride = schedule_.stride;
  gpu->args.epochs = reinterpret_cast<unsigned long long*>(gpu->epochs->data());
  gpu->args.failure = reinterpret_cast<Failure*>(gpu->failure->data());
  gpu->args.patience_ns = static_cast<unsigned long long>(options.patience_s * 1e9);
  gpu->args.delay_seed = options.delay_seed;
  gpus_.push_back(std::move(gpu));
}

// The one element type of all folds on a GPU.
Scalar FusedProgram::scalar_on(int device, const PlanMemory& memory) const {
  std::optional<Scalar> found;
  for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
    const models::OpKind kind = plan_.ops[i].kind;
    if (kind != models::OpKind::reduce && kind != models::OpKind::scan_reduce) continue;
    if (plan_.gpu_of(plan_.rank_of(OpId{i})) != device) continue;
    const Scalar scalar = scalar_of(memory.type(plan_.destinations(OpId{i}).front().buffer));
    if (found.value_or(scalar) != scalar)
      throw UnsupportedError("fused mode: GPU " + std::to_string(device) +
                             " folds several element types");
    found = scalar;
  }
  return found.value_or(Scalar::fp32);
}

void FusedProgram::add_lanes(Gpu& gpu, const FusedParts& parts) const {
  for (std::size_t i = 0; i < plan_.lanes.size(); ++i) {
    const models::Lane& lane = plan_.lanes[i];
    if (lane.engine != models::Engine::sm || schedule_.lanes[i].empty()) continue;
    if (plan_.gpu_of(lane.rank) != gpu.stream.device()) continue;
    const LaneProgram program = make_lane_program(parts, LaneId{i});
    gpu.programs.emplace_back(gpu.stream.device(), static_cast<std::int64_t>(program.bytes.size()));
    gpu.programs.back().upload(program.bytes.data(), gpu.programs.back().bytes());
    gpu.lanes.push_back(
        {reinterpret_cast<const unsigned char*>(gpu.programs.back().data()), program.steps,
         program.record_bytes, gpu.shape.blocks, lane.ctas, static_cast<std::int16_t>(lane.threads),
         static_cast<std::int16_t>(lane.loads_in_flight), static_cast<std::int32_t>(i)});
    gpu.shape.blocks += lane.ctas;
    gpu.shape.threads = std::max<int>(gpu.shape.threads, (lane.threads + 31) / 32 * 32);
    const bool same = gpu.lanes.size() == 1 || gpu.shape.loads == lane.loads_in_flight;
    gpu.shape.loads = same ? lane.loads_in_flight : kMixedLoads;
  }
}

void FusedProgram::hand_over_lanes(Gpu& gpu) {
  gpu.args.lane_count = static_cast<int>(gpu.lanes.size());
  if (gpu.lanes.size() <= kParameterLanes) {
    std::copy(gpu.lanes.begin(), gpu.lanes.end(), gpu.args.few);
    return;
  }
  const auto bytes = static_cast<std::int64_t>(gpu.lanes.size() * sizeof(LaneHead));
  gpu.many_lanes.emplace(gpu.stream.device(), bytes);
  gpu.many_lanes->upload(gpu.lanes.data(), bytes);
  gpu.args.many = reinterpret_cast<const LaneHead*>(gpu.many_lanes->data());
}

void FusedProgram::choose_shape(Gpu& gpu) const {
  const DeviceScope scope(gpu.stream.device());
  const bool shared = copies_.on(gpu.stream.device());
  int fit = blocks_that_fit(gpu.shape, shared);
  if (gpu.shape.blocks > fit) {
    gpu.shape.large = true;
    fit = blocks_that_fit(gpu.shape, shared);
  }
  const std::string loads =
      gpu.shape.loads == kMixedLoads ? "different numbers of" : std::to_string(gpu.shape.loads);
  const std::string shape =
      std::to_string(gpu.shape.threads) + " threads with " + loads + " loads in flight";
  if (fit == 0) throw UnsupportedError("fused mode: no kernel has blocks of " + shape);
  if (gpu.shape.blocks > fit)
    throw UnsupportedError("fused mode: the lanes of GPU " + std::to_string(gpu.stream.device()) +
                           " need " + std::to_string(gpu.shape.blocks) + " CTAs of " + shape +
                           " at once; " + std::to_string(fit) + " fit" +
                           (shared ? " beside copy lanes" : ""));
}

void FusedProgram::launch(const Gpu& gpu, std::uint32_t index, const Stamps* stamps) const {
  const DeviceScope scope(gpu.stream.device());
  FusedArgs args = gpu.args;
  args.index = index;
  if (stamps != nullptr) args.stamps = stamps->base(gpu.stream.device());
  launch_fused(args, gpu.shape, gpu.stream.get());
}

void FusedProgram::issue(int repeats, const Stamps* stamps) const {
  signals_.reset(origin_);
  forked_.record(origin_);
  for (const auto& gpu : gpus_) forked_.make_wait(gpu->stream);
  FusedCopies::Open open = copies_.fork(forked_);
  for (int i = 1; i <= repeats; ++i) {
    for (const auto& gpu : gpus_) launch(*gpu, static_cast<std::uint32_t>(i), stamps);
    copies_.issue(static_cast<std::uint64_t>(i), stamps, open);
  }
  for (const auto& gpu : gpus_) {
    gpu->joined.record(gpu->stream);
    gpu->joined.make_wait(origin_);
  }
  copies_.join(origin_, open);
}

void FusedProgram::launch_on(const Stream& stream) const {
  const DeviceScope scope(stream.device());
  for (const auto& gpu : gpus_) {
    if (gpu->stream.device() != stream.device()) continue;
    FusedArgs args = gpu->args;
    launch_fused(args, gpu->shape, stream.get());
  }
}

std::string FusedProgram::describe_op(OpId op) const {
  if (!op.valid()) return "its launch";
  return "op " + std::to_string(op.value) + " (" + std::string(models::name_of(plan_.op(op).kind)) +
         ") of rank " + std::to_string(plan_.rank_of(op).value);
}

std::string FusedProgram::describe(const Failure& failure) const {
  const OpId waiting = failure.op < 0 ? OpId{} : OpId{failure.op};
  std::string text = "a fused launch is stuck and was ended: ";
  text += waiting.valid() ? describe_op(waiting)
                          : "the first step of rank " +
                                std::to_string(plan_.lane(LaneId{failure.lane}).rank.value);
  text += ", block " + std::to_string(failure.block) + " of lane " + std::to_string(failure.lane);
  if (failure.awaited_lane < 0)
    return text + ", waits for the inline data of its source " +
           std::to_string(failure.awaited_block);
  const auto& steps = schedule_.lanes[static_cast<std::size_t>(failure.awaited_lane)];
  return text + ", waits for block " + std::to_string(failure.awaited_block) + " of lane " +
         std::to_string(failure.awaited_lane) + " to reach " +
         describe_op(steps[failure.awaited_position].op) + " (flag " +
         std::to_string(failure.seen) + ", awaited " + std::to_string(failure.target) + ")";
}

void FusedProgram::check_health() const {
  for (const auto& gpu : gpus_) {
    Failure failure;
    gpu->failure->download(&failure, sizeof failure);
    if (failure.claimed != 0) throw GpuError(describe(failure));
  }
}

}  // namespace twinlink::realgpu
