#include "scenarios/workloads/linear_attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "models/collectives/catalogue.h"
#include "models/workloads/linear_attention.h"
#include "scenarios/workloads/linear_attention_overheads.h"
#include "scenarios/workloads/simulated.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using models::LinearAttentionDirection;
using models::LinearAttentionMethod;
using models::LinearAttentionRequest;

constexpr std::array kLinearAttentionFields{
    ResultField{"method", FieldType::text, "LASP's method, or scan/ and the scan"},
    ResultField{"direction", FieldType::text, "forward, backward or forward_backward"},
    ResultField{"dp", FieldType::number, "sequence-parallel groups at once"},
    ResultField{"sp", FieldType::number, "ranks of a group"},
    ResultField{"seq_len", FieldType::number, "tokens of a sequence"},
    ResultField{"batch", FieldType::number, "sequences of all ranks together"},
    ResultField{"heads", FieldType::number, "heads"},
    ResultField{"layers", FieldType::number, "layers"},
    ResultField{"tokens_per_s", FieldType::number, "tokens of all ranks per second"},
    ResultField{"compute_us", FieldType::number, "kernels of the busiest rank, summed"},
    ResultField{"useful_share", FieldType::number, "compute_us of the time"},
};

struct Method {
  LinearAttentionMethod method = LinearAttentionMethod::scan;
  std::string scan;
};

// How many sequences there are, of all ranks together.
struct BatchRule {
  std::int64_t batch = 0, per_gpu = 0, per_rank = 0;
  [[nodiscard]] std::int64_t of(int dp, int sp) const {
    if (per_gpu > 0) return per_gpu * dp * sp;
    return per_rank > 0 ? per_rank * dp : batch;
  }
};

std::string name_of_method(const LinearAttentionRequest& request) {
  if (request.method == LinearAttentionMethod::scan) return "scan/" + request.scan;
  return std::string(name_of(request.method));
}

class LinearAttention : public Workload {
 public:
  LinearAttention(std::vector<LinearAttentionRequest> requests, Provenance overheads, int gpus_used)
      : requests_(std::move(requests)), overheads_(overheads), gpus_used_(gpus_used) {}

  [[nodiscard]] std::size_t points() const override { return requests_.size(); }

  [[nodiscard]] int gpus() const override {
    int most = 1;
    if (gpus_used_ > 0) return gpus_used_;
    for (const LinearAttentionRequest& r : requests_) most = std::max(most, r.dp * r.sp);
    return most;
  }

  [[nodiscard]] std::vector<WorkloadRow> run(std::size_t point,
                                             const WorkloadContext& context) const override {
    if (context.executor != ExecutorKind::sim)
      throw UnsupportedError("workload linear_attention runs with executor sim only");
    const LinearAttentionRequest request = on_machine(requests_[point], context.machine);
    const models::Plan plan = models::build_linear_attention(request);
    const Simulated simulated = simulate(plan, context);
    WorkloadRow row = row_of(request);
    add_to(row, simulated);
    if (request.method != LinearAttentionMethod::scan || request.kernels.given)
      row.provenance = worse(*row.provenance, overheads_);
    if (row.time_us) add_figures(row, request, plan, simulated);
    if (context.on_timeline && row.time_us) context.on_timeline(row, plan, simulated.run.timeline);
    return {row};
  }

 private:
  [[nodiscard]] LinearAttentionRequest on_machine(LinearAttentionRequest request,
                                                  const Machine& machine) const {
    models::CollectiveRequest described;
    const int ranks = request.dp * request.sp;
    described.gpu_of_rank = gpu_of_rank(ranks, gpus_used_ > 0 ? ranks / gpus_used_ : 1);
    describe_machine(machine.topology, described);
    request.gpu_of_rank = described.gpu_of_rank;
    request.domain_of_rank = described.domain_of_rank;
    request.multicast = described.multicast;
    if (machine.profile.sms.value > 0) request.sms = static_cast<int>(machine.profile.sms.value);
    return request;
  }

  static WorkloadRow row_of(const LinearAttentionRequest& request) {
    WorkloadRow row;
    row.algorithm = models::scan_of(request).name;
    row.ranks = request.dp * request.sp;
    row.bytes = models::state_bytes(request);
    row.expected_wrong = models::expected_wrong(request);
    row.keys.push_back({"method", name_of_method(request)});
    row.keys.push_back({"direction", std::string(name_of(request.direction))});
    row.keys.push_back({"dp", static_cast<double>(request.dp)});
    row.keys.push_back({"sp", static_cast<double>(request.sp)});
    row.keys.push_back({"seq_len", static_cast<double>(request.sequence)});
    row.keys.push_back({"batch", static_cast<double>(request.batch)});
    row.keys.push_back({"heads", static_cast<double>(request.heads)});
    row.keys.push_back({"layers", static_cast<double>(request.layers)});
    return row;
  }

  static void add_figures(WorkloadRow& row, const LinearAttentionRequest& request,
                          const models::Plan& plan, const Simulated& simulated) {
    std::vector<double> busy(static_cast<std::size_t>(plan.ranks()));
    for (std::size_t i = 0; i < plan.ops.size(); ++i) {
      const models::Op& op = plan.ops[i];
      if (op.kind != models::OpKind::compute) continue;
      const std::string& kernel = plan.computes[op.detail].kernel;
      if (kernel == "send_receive" || kernel == "host") continue;
      const auto& timeline = simulated.run.timeline;
      busy[plan.rank_of(OpId{i}).index()] +=
          static_cast<double>((timeline.end[i] - timeline.start[i]).ps) * 1e-6;
    }
    const double compute = *std::max_element(busy.begin(), busy.end());
    const double us = *row.time_us;
    const auto tokens = static_cast<double>(models::tokens(request));
    row.figures.push_back({"tokens_per_s", us > 0 ? tokens / us * 1e6 : 0.0});
    row.figures.push_back({"compute_us", compute});
    row.figures.push_back({"useful_share", us > 0 ? compute / us : 0.0});
  }

  std::vector<LinearAttentionRequest> requests_;
  Provenance overheads_;
  int gpus_used_;  // that all ranks share; 0: each has its own
};

// Scans that are right, and that need nothing of the machine.
std::vector<std::string> right_scans() {
  std::vector<std::string> names;
  for (const models::Algorithm& algorithm : models::catalogue())
    if (algorithm.operation == models::Operation::exscan && algorithm.wrong_from == 0 &&
        algorithm.needs == models::Needs::nothing)
      names.emplace_back(algorithm.name);
  return names;
}

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const auto& word : models::words(LinearAttentionMethod{}))
    if (word.value != LinearAttentionMethod::scan) names.emplace_back(word.name);
  for (const models::Algorithm& algorithm : models::catalogue())
    if (algorithm.operation == models::Operation::exscan)
      names.push_back("scan/" + std::string(algorithm.name));
  names.emplace_back("scan/all");
  return names;
}

class Reader {
 public:
  explicit Reader(ObjectReader& object) : object_(object) {}

  std::unique_ptr<Workload> read() {
    read_lists();
    read_shape();
    read_batch();
    if (const auto value = object_.optional("overheads"))
      if (const auto overheads = read_linear_attention_overheads(*value)) {
        base_.overheads = overheads->values;
        base_.kernels = overheads->kernels;
        provenance_ = overheads->provenance;
      }
    return cross();
  }

 private:
  static std::optional<std::int64_t> read_count(const Value& value) {
    return read_integer(value, {1, std::int64_t{1} << 31});
  }

  static std::optional<LinearAttentionDirection> read_direction(const Value& value) {
    std::vector<std::string> names;
    for (const auto& word : models::words(LinearAttentionDirection{}))
      names.emplace_back(word.name);
    const auto name = read_name(value, "direction", names);
    return name ? models::parse<LinearAttentionDirection>(*name) : std::nullopt;
  }

  void read_lists() {
    if (const auto value = object_.required("methods"))
      for (const Value& element : one_or_many(*value)) read_method(element);
    set_many(directions_, object_.required("directions"), read_direction);
    set_many(dp_, object_.optional("dp"), read_count);
    set_many(sp_, object_.optional("sp"), read_count);
    set_many(sequences_, object_.required("sequence"), read_count);
    set_many(heads_, object_.optional("heads"), read_count);
    set(gpus_, object_.optional("gpus"), read_count);
    set(gpus_used_, object_.optional("gpus_used"), read_count);
    if (dp_.empty()) dp_.push_back(1);
    if (heads_.empty()) heads_.push_back(base_.heads);
    if (sp_.empty() == (gpus_ == 0)) object_.value().complain("needs either \"sp\" or \"gpus\"");
    check_gpus();
  }

  void check_gpus() const {
    for (const int dp : dp_)
      if (gpus_ > 0 && gpus_ % dp != 0)
        object_.value().complain(
            fmt::format("{} GPUs do not make {} groups of the same size (dp)", gpus_, dp));
    for (const int dp : dp_)
      for (const int sp : sp_)
        if (gpus_used_ > 0 && dp * sp % gpus_used_ != 0)
          object_.value().complain(
              fmt::format("{} ranks cannot share {} GPUs evenly (gpus_used)", dp * sp, gpus_used_));
  }

  void read_method(const Value& value) {
    const auto name = read_name(value, "method", method_names());
    if (!name) return;
    if (const auto method = models::parse<LinearAttentionMethod>(*name)) {
      methods_.push_back({*method, base_.scan});
    } else if (*name == "scan/all") {
      for (const std::string& scan : right_scans())
        methods_.push_back({LinearAttentionMethod::scan, scan});
    } else {
      methods_.push_back({LinearAttentionMethod::scan, name->substr(5)});
    }
  }

  void read_shape() {
    set(base_.d_k, object_.optional("d_k"), read_count);
    set(base_.d_v, object_.optional("d_v"), read_count);
    set(base_.chunk, object_.optional("chunk"), read_count);
    set(base_.sub_chunk, object_.optional("sub_chunk"), read_count);
    set(base_.layers, object_.optional("layers"), read_count);
    set_many(base_.slopes, object_.optional("slopes"), [](const Value& v) {
      return read_number(v, {0, 1e9});
    });
    set(base_.overlap, object_.optional("overlap"), read_bool);
    set(base_.merged, object_.optional("merged"), read_bool);
    set(base_.barrier, object_.optional("barrier"), read_bool);
    set(base_.slices, object_.optional("slices"), [](const Value& v) {
      return read_integer(v, {0, 65536});
    });
    set(base_.shape.ctas, object_.optional("ctas"), [](const Value& v) {
      return read_integer(v, {1, 65536});
    });
  }

  void read_batch() {
    int given = 0;
    const auto one = [&](std::int64_t& target, const char* name) {
      const auto value = object_.optional(name);
      if (value) ++given;
      set(target, value, read_count);
    };
    one(batch_.batch, "batch");
    one(batch_.per_gpu, "batch_per_gpu");
    one(batch_.per_rank, "batch_per_rank");
    if (given != 1)
      object_.value().complain("needs one of \"batch\", \"batch_per_gpu\" and \"batch_per_rank\"");
  }

  // dp x sp x sequence x heads x direction, methods innermost: who is compared stands together.
  std::unique_ptr<Workload> cross() const {
    std::vector<LinearAttentionRequest> requests;
    for (const int dp : dp_)
      for (const int sp : gpus_ > 0 ? std::vector<int>{gpus_ / dp} : sp_)
        for (const std::int64_t sequence : sequences_)
          for (const int heads : heads_)
            for (const LinearAttentionDirection direction : directions_)
              add_methods(requests, with(dp, sp, sequence, heads, direction));
    return std::make_unique<LinearAttention>(std::move(requests), provenance_, gpus_used_);
  }

  [[nodiscard]] LinearAttentionRequest with(int dp, int sp, std::int64_t sequence, int heads,
                                            LinearAttentionDirection direction) const {
    LinearAttentionRequest request = base_;
    request.dp = dp;
    request.sp = sp;
    request.sequence = sequence;
    request.heads = heads;
    request.direction = direction;
    request.batch = batch_.of(dp, sp);
    return request;
  }

  void add_methods(std::vector<LinearAttentionRequest>& requests,
                   LinearAttentionRequest request) const {
    for (const Method& method : methods_) {
      request.method = method.method;
      request.scan = method.scan;
      requests.push_back(request);
    }
  }

  ObjectReader& object_;
  LinearAttentionRequest base_;
  std::vector<Method> methods_;
  std::vector<LinearAttentionDirection> directions_;
  std::vector<int> dp_, sp_, heads_;
  std::vector<std::int64_t> sequences_;
  int gpus_ = 0, gpus_used_ = 0;
  BatchRule batch_;
  Provenance provenance_ = Provenance::assumed;
};

std::unique_ptr<Workload> read_linear_attention(ObjectReader& object) {
  return Reader(object).read();
}

}  // namespace

WorkloadKind linear_attention_kind() {
  return {"linear_attention",
          "layers of sequence-parallel linear attention: LASP's methods and every scan",
          read_linear_attention, kLinearAttentionFields};
}

}  // namespace twinlink::scenarios
