#include "realgpu/products.h"

#include <algorithm>
#include <string>

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using models::Compute;
using models::OpKind;
using models::Plan;
using models::Product;

constexpr std::int64_t kBf16 = 2;
constexpr std::int32_t kOwnWeights = -1;

bool multiplies(const Plan& plan, std::size_t op) {
  return plan.ops[op].kind == OpKind::compute &&
         !plan.computes[plan.ops[op].detail].products.empty();
}

GemmShape shape_of(const Product& p) {
  return {static_cast<int>(p.m), static_cast<int>(p.n), static_cast<int>(p.k),
          static_cast<int>(p.count)};
}

void ensure_bf16(const Compute& work, std::size_t op) {
  if (work.precision == models::Precision::bf16) return;
  throw UnsupportedError("op " + std::to_string(op) + " (" + work.kernel + ") multiplies in " +
                         std::string(models::name_of(work.precision)) +
                         ": on GPUs products run in bf16 here; --executor sim has the others");
}

template <class T>
std::int64_t bytes_of(const std::vector<T>& values) {
  return static_cast<std::int64_t>(values.size() * sizeof(T));
}

Mismatches read(const DeviceBuffer& found) {
  Mismatches result{};
  found.download(&result, sizeof result);
  return result;
}

}  // namespace

Products::LaneWork::LaneWork(int device, std::int64_t weight_elements,
                             std::int64_t activation_elements, std::int64_t result_elements)
    : cublas(device),
      weights(device, kBf16 * weight_elements),
      activations(device, kBf16 * activation_elements),
      results(device, kBf16 * result_elements) {
  const DeviceScope scope(device);
  launch_weights(reinterpret_cast<std::uint16_t*>(weights.data()), weight_elements,
                 {kOwnWeights, 0}, nullptr);
  launch_activations(reinterpret_cast<std::uint16_t*>(activations.data()), activation_elements,
                     nullptr);
  TL_CUDA(cudaDeviceSynchronize());
}

Products::Products(const Plan& plan, const PlanMemory& memory)
    : plan_(plan), memory_(memory), ops_(plan.ops.size()) {
  bool any = false;
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    if (!multiplies(plan, i)) continue;
    ensure_bf16(plan.computes[plan.ops[i].detail], i);
    any = true;
  }
  if (!any) return;
  origins_ = find_weight_origins(plan);
  lanes_.resize(plan.lanes.size());
  for (std::size_t lane = 0; lane < plan.lanes.size(); ++lane) make_lane(lane);
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (multiplies(plan, i)) make_op(OpId{i});
}

const Compute& Products::work_of(OpId op) const { return plan_.computes[plan_.op(op).detail]; }

void Products::make_lane(std::size_t lane) {
  std::int64_t weights = 0, activations = 0, results = 0;
  for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
    if (plan_.ops[i].lane.index() != lane || !multiplies(plan_, i)) continue;
    const Compute& work = work_of(OpId{i});
    for (const Product& p : work.products) {
      if (work.weight_sources == 0) weights = std::max(weights, p.m * p.k * p.count);
      activations = std::max(activations, p.k * p.n * p.count);
      results = std::max(results, p.m * p.n * p.count);
    }
  }
  if (results == 0) return;
  const int device = plan_.gpu_of(plan_.lanes[lane].rank);
  lanes_[lane] = std::make_unique<LaneWork>(device, weights, activations, results);
}

// Of each matrix, in order.
std::vector<std::byte*> Products::weights_of(OpId op) const {
  std::vector<std::byte*> all;
  for (const WeightsAt& matrix : origins_.matrices[op.index()])
    all.push_back(memory_.address(matrix.at));
  if (!all.empty()) return all;
  std::byte* own = lanes_[plan_.op(op).lane.index()]->weights.data();
  for (const Product& p : work_of(op).products)
    for (std::int64_t i = 0; i < p.count; ++i) all.push_back(own + i * p.m * p.k * kBf16);
  return all;
}

void Products::make_op(OpId op) {
  const Compute& work = work_of(op);
  const LaneWork* lane = lanes_[plan_.op(op).lane.index()].get();
  if (lane == nullptr) return;  // products without columns
  const std::vector<std::byte*> weights = weights_of(op);
  std::vector<std::byte*> pointers;
  std::size_t first = 0;
  for (const Product& p : work.products) {
    const auto count = static_cast<std::size_t>(p.count);
    for (std::size_t i = 0; i < count; ++i) pointers.push_back(weights[first + i]);
    for (std::int64_t i = 0; i < p.count; ++i)
      pointers.push_back(lane->activations.data() + i * p.k * p.n * kBf16);
    for (std::int64_t i = 0; i < p.count; ++i)
      pointers.push_back(lane->results.data() + i * p.m * p.n * kBf16);
    first += count;
  }
  std::vector<WeightRange> ranges;
  for (const WeightsAt& matrix : origins_.matrices[op.index()])
    ranges.push_back({matrix.origin.value, matrix.origin_offset / kBf16});
  const int device = plan_.gpu_of(plan_.rank_of(op));
  auto made = std::make_unique<OpWork>(
      OpWork{DeviceBuffer(device, bytes_of(pointers)), DeviceBuffer(device, bytes_of(ranges)),
             DeviceBuffer(device, static_cast<std::int64_t>(sizeof(Mismatches))), !ranges.empty()});
  made->pointers.upload(pointers.data(), bytes_of(pointers));
  made->ranges.upload(ranges.data(), bytes_of(ranges));
  made->found.fill(0);
  ops_[op.index()] = std::move(made);
}

void Products::issue(OpId op, const Stream& stream, bool compared) const {
  const Compute& work = work_of(op);
  std::int64_t first = 0;
  for (const Product& product : work.products) {
    if (product.n > 0) {
      multiply(product, first, op, stream);
      if (compared && ops_[op.index()]->compared) compare(product, first, op, stream);
    }
    first += product.count;
  }
}

void Products::multiply(const Product& product, std::int64_t first_matrix, OpId op,
                        const Stream& stream) const {
  const LaneWork& lane = *lanes_[plan_.op(op).lane.index()];
  if (product.count == 1) {
    const std::vector<WeightsAt>& matrices = origins_.matrices[op.index()];
    const std::byte* weights =
        matrices.empty() ? lane.weights.data()
                         : memory_.address(matrices[static_cast<std::size_t>(first_matrix)].at);
    lane.cublas.dense(shape_of(product), {weights, lane.activations.data(), lane.results.data()},
                      stream);
    return;
  }
  auto** pointers = reinterpret_cast<void**>(ops_[op.index()]->pointers.data()) + 3 * first_matrix;
  lane.cublas.gemm(shape_of(product),
                   {pointers, pointers + product.count, pointers + 2 * product.count}, stream);
}

void Products::compare(const Product& product, std::int64_t first_matrix, OpId op,
                       const Stream& stream) const {
  const OpWork& work = *ops_[op.index()];
  const LaneWork& lane = *lanes_[plan_.op(op).lane.index()];
  const DeviceScope scope(stream.device());
  launch_compare_product({product.m, product.n, product.k, product.count,
                          reinterpret_cast<const WeightRange*>(work.ranges.data()) + first_matrix,
                          reinterpret_cast<const std::uint16_t*>(lane.results.data()),
                          reinterpret_cast<Mismatches*>(work.found.data())},
                         stream.get());
}

void Products::reset() const {
  for (const auto& op : ops_)
    if (op) op->found.fill(0);
}

Mismatches Products::compare_landed(const WeightsAt& landed) const {
  const int device = plan_.gpu_of(plan_.buffer(landed.at.buffer).rank);
  const DeviceBuffer found(device, static_cast<std::int64_t>(sizeof(Mismatches)));
  found.fill(0);
  const DeviceScope scope(device);
  launch_compare_weights(reinterpret_cast<const std::uint16_t*>(memory_.address(landed.at)),
                         landed.at.size.count / kBf16,
                         {landed.origin.value, landed.origin_offset / kBf16},
                         reinterpret_cast<Mismatches*>(found.data()), nullptr);
  TL_CUDA(cudaDeviceSynchronize());
  return read(found);
}

models::Numbers Products::verdict() const {
  if (none()) return {true, 0, {}};
  const auto judge = [](const std::string& what, const Mismatches& found) -> std::string {
    if (found.compared > 0 && found.wrong == 0) return {};
    return what + ": " + std::to_string(found.wrong) + " of " + std::to_string(found.compared) +
           " compared elements differ from their definition";
  };
  std::string reason;
  for (std::size_t i = 0; i < ops_.size() && reason.empty(); ++i)
    if (ops_[i] && ops_[i]->compared)
      reason = judge("op " + std::to_string(i) + " (" + work_of(OpId{i}).kernel + ")",
                     read(ops_[i]->found));
  for (const WeightsAt& landed : origins_.landed)
    if (reason.empty())
      reason = judge("weights in " + plan_.buffer(landed.at.buffer).name + " of rank " +
                         std::to_string(plan_.buffer(landed.at.buffer).rank.value),
                     compare_landed(landed));
  return {reason.empty(), reason.empty() ? 0.0 : 1.0, reason};
}

}  // namespace twinlink::realgpu
