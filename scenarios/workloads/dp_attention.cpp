#include "scenarios/workloads/dp_attention.h"

#include <array>
#include <numeric>

#include "models/library/lower.h"
#include "scenarios/workloads/dp_attention_spec.h"
#include "scenarios/workloads/nccl_ring_rate.h"
#include "scenarios/workloads/simulated.h"

namespace twinlink::scenarios {
namespace {

using models::Combine;
using models::DpAttentionRequest;

// Enough that a hop hides behind a step that takes an eighth longer than it.
constexpr std::int32_t kLl128Pieces = 8;

struct Way {
  const char* variant;
  Combine combine;
};
constexpr std::array kWays{Way{"all_reduce", Combine::all_reduce},
                           Way{"reduce_scatter", Combine::reduce_scatter}};

// One combination of the spec's lists.
struct Point {
  std::int32_t dp = 1;
  std::vector<std::int64_t> tokens;  // by group; serving: empty
  std::string algorithm;
};

std::vector<std::int64_t> dealt(std::int64_t tokens, std::int32_t groups) {
  std::vector<std::int64_t> parts;
  for (std::int32_t g = 0; g < groups; ++g) parts.push_back(models::share(g, groups, tokens).count);
  return parts;
}

std::vector<Point> points_of(const DpAttentionSpec& spec) {
  std::vector<Point> points;
  for (const std::int32_t dp : spec.dp) {
    std::vector<std::vector<std::int64_t>> tokens = spec.spread;
    for (const std::int64_t all : spec.tokens) tokens.push_back(dealt(all, dp));
    if (spec.serving) tokens.emplace_back();
    for (const auto& of_groups : tokens)
      for (const std::string& algorithm : spec.algorithms)
        points.push_back({dp, of_groups, algorithm});
  }
  return points;
}

models::CollectiveNames names_of(const std::string& algorithm) {
  if (algorithm == "direct") return {"two_shot", "direct", "direct"};
  return {algorithm, algorithm, algorithm};
}

class DpAttention : public Workload {
 public:
  explicit DpAttention(DpAttentionSpec spec) : spec_(std::move(spec)), points_(points_of(spec_)) {}

  [[nodiscard]] std::size_t points() const override { return points_.size(); }
  [[nodiscard]] int gpus() const override { return spec_.tp; }
  [[nodiscard]] std::vector<WorkloadRow> run(std::size_t point,
                                             const WorkloadContext& context) const override {
    const Machine machine = spec_.nccl_ring
                                ? with_ring_rate(context.machine, *spec_.nccl_ring, spec_.tp)
                                : context.machine;
    const WorkloadContext own{machine, context.executor, context.seed, context.check,
                              context.on_timeline};
    return spec_.serving ? serve(points_[point], own) : steps(points_[point], own);
  }

 private:
  [[nodiscard]] DpAttentionRequest request_of(const Point& point, Combine combine) const {
    DpAttentionRequest request;
    request.gpu_of_rank = gpu_of_rank(spec_.tp, 1);
    request.dp = point.dp;
    request.tokens = point.tokens;
    request.hidden = spec_.model.hidden;
    request.element = spec_.model.element;
    request.padding = spec_.padding;
    request.combine = combine;
    request.algorithms = names_of(point.algorithm);
    request.shape = spec_.shape;
    request.channels = spec_.channels;
    return request;
  }

  // Simulates one layer into `row`; returns the time of its communication.
  double layer_us(const DpAttentionRequest& request, const WorkloadContext& context,
                  WorkloadRow& row) const {
    models::Plan plan = models::build_dp_attention(request);
    if (!plan.library_calls.empty()) {
      models::LibraryMachine library = models::library_machine(context.machine.topology);
      library.multicast = library.multicast && spec_.nvls;
      library.ll128_pieces = kLl128Pieces;
      plan = models::lower(plan, library).plan;
    }
    const Simulated simulated = simulate(plan, context);
    add_to(row, simulated);
    if (context.on_timeline) context.on_timeline(row, plan, simulated.run.timeline);
    return simulated.time_us();
  }

  [[nodiscard]] WorkloadRow row_of(const Point& point, const char* variant) const {
    WorkloadRow row;
    row.variant = variant;
    row.algorithm = point.algorithm;
    row.ranks = spec_.tp;
    if (!spec_.model.name.empty()) row.keys.push_back({"model", spec_.model.name});
    row.keys.push_back({"dp", static_cast<double>(point.dp)});
    return row;
  }

  [[nodiscard]] std::vector<WorkloadRow> steps(const Point& point,
                                               const WorkloadContext& context) const {
    std::vector<WorkloadRow> rows;
    std::vector<double> times;
    for (const Way& way : kWays) {
      const DpAttentionRequest request = request_of(point, way.combine);
      WorkloadRow& row = rows.emplace_back(row_of(point, way.variant));
      const auto& tokens = point.tokens;
      row.bytes = models::global_bytes(request);
      row.keys.push_back({"tokens", static_cast<double>(std::accumulate(
                                        tokens.begin(), tokens.end(), std::int64_t{0}))});
      row.keys.push_back({"padding", models::rows_of(request).padded ? "max_len" : "sum_len"});
      times.push_back(layer_us(request, context, row));
      add_times(row, times.back());
    }
    rows.push_back(rows.back());
    WorkloadRow& delta = rows.back();
    delta.variant = "delta";
    delta.time_us.reset();
    delta.bottleneck.clear();
    delta.figures.clear();
    add_times(delta, times[0] - times[1]);
    delta.figures.push_back({"saved_share", (times[0] - times[1]) / times[0]});
    return rows;
  }

  void add_times(WorkloadRow& row, double us) const {
    row.figures.push_back({"us_per_layer", us});
    row.figures.push_back({"ms_per_step", us * spec_.model.layers * 1e-3});
  }

  // What the serving of all requests takes, from the communication of a layer in both phases.
  struct Served {
    double prefill_us = 0, decode_us = 0;         // communication of a layer
    double ttft_ms = 0, itl_ms = 0, seconds = 0;  // of the whole
  };

  [[nodiscard]] Served served(double prefill_us, double decode_us) const {
    const ServingSpec& s = *spec_.serving;
    const double layers = spec_.model.layers;
    const double prefill_ms = layers * (prefill_us + to_us(s.prefill_compute)) * 1e-3;
    const double decode_ms = layers * (decode_us + to_us(s.decode_compute)) * 1e-3;
    const auto steps = static_cast<double>(s.prefill_steps());
    return {prefill_us, decode_us, (steps + 1) / 2 * prefill_ms, decode_ms,
            (steps * prefill_ms + static_cast<double>(s.decode_steps()) * decode_ms) * 1e-3};
  }

  [[nodiscard]] std::vector<WorkloadRow> serve(const Point& point,
                                               const WorkloadContext& context) const {
    std::vector<WorkloadRow> rows;
    std::vector<Served> results;
    for (const Way& way : kWays) {
      WorkloadRow& row = rows.emplace_back(row_of(point, way.variant));
      row.keys.push_back({"requests", static_cast<double>(spec_.serving->requests)});
      DpAttentionRequest request = request_of(point, way.combine);
      request.tokens = dealt(spec_.serving->chunk, point.dp);
      const double prefill = layer_us(request, context, row);
      request.tokens = dealt(spec_.serving->requests, point.dp);
      results.push_back(served(prefill, layer_us(request, context, row)));
      add_served(row, results.back());
      const auto tokens = static_cast<double>(spec_.serving->requests) *
                          static_cast<double>(spec_.serving->output_tokens);
      row.figures.push_back({"output_tokens_per_s", tokens / results.back().seconds});
    }
    rows.push_back(rows.back());
    WorkloadRow& delta = rows.back();
    delta.variant = "delta";
    delta.time_us.reset();
    delta.bottleneck.clear();
    delta.figures.clear();
    const Served &a = results[0], &b = results[1];
    add_served(delta, {a.prefill_us - b.prefill_us, a.decode_us - b.decode_us,
                       a.ttft_ms - b.ttft_ms, a.itl_ms - b.itl_ms, a.seconds - b.seconds});
    delta.figures.push_back({"saved_s", a.seconds - b.seconds});
    return rows;
  }

  static void add_served(WorkloadRow& row, const Served& s) {
    row.figures.insert(row.figures.end(), {{"decode_us_per_layer", s.decode_us},
                                           {"prefill_us_per_layer", s.prefill_us},
                                           {"duration_s", s.seconds},
                                           {"ttft_ms_median", s.ttft_ms},
                                           {"itl_ms_median", s.itl_ms}});
  }

  DpAttentionSpec spec_;
  std::vector<Point> points_;
};

}  // namespace

std::unique_ptr<Workload> read_dp_attention(ObjectReader& object) {
  const DpAttentionSpec spec = read_dp_attention_spec(object);
  if (object.value().document->has_issues()) return nullptr;
  return std::make_unique<DpAttention>(spec);
}

std::span<const ResultField> dp_attention_fields() {
  static constexpr std::array fields{
      ResultField{"model", FieldType::text, "name of the model's shape"},
      ResultField{"dp", FieldType::number, "attention groups"},
      ResultField{"tokens", FieldType::number, "of all groups"},
      ResultField{"requests", FieldType::number, "served at once"},
      ResultField{"padding", FieldType::text, "max_len or sum_len"},
      ResultField{"us_per_layer", FieldType::number, "communication of one layer"},
      ResultField{"ms_per_step", FieldType::number, "communication of all layers"},
      ResultField{"saved_share", FieldType::number, "delta / all_reduce"},
      ResultField{"decode_us_per_layer", FieldType::number,
                  "communication of a decode step's layer"},
      ResultField{"prefill_us_per_layer", FieldType::number,
                  "communication of a prefill step's layer"},
      ResultField{"duration_s", FieldType::number, "of all requests"},
      ResultField{"saved_s", FieldType::number, "duration less with the reduce-scatter"},
      ResultField{"ttft_ms_median", FieldType::number, "time to first token of the median request"},
      ResultField{"itl_ms_median", FieldType::number, "time between tokens: one decode step"},
      ResultField{"output_tokens_per_s", FieldType::number, "of all GPUs together"},
  };
  return fields;
}

}  // namespace twinlink::scenarios
