#include "scenarios/workloads/workload.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "models/plan/plan_builder.h"
#include "scenarios/run.h"
#include "scenarios/workloads/simulated.h"
#include "scenarios/workloads/study_record.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::scenarios;

namespace {

// One local copy of `bytes` per point, in two rows: the time of the second is none.
class Copies : public Workload {
 public:
  Copies(std::vector<std::int64_t> sizes, bool racing) : sizes_(std::move(sizes)), races_(racing) {}
  [[nodiscard]] std::size_t points() const override { return sizes_.size(); }
  [[nodiscard]] int gpus() const override { return 2; }
  [[nodiscard]] std::vector<WorkloadRow> run(std::size_t point,
                                             const WorkloadContext& context) const override {
    const models::Plan plan = copy_plan(sizes_[point]);
    const Simulated simulated = simulate(plan, context);
    WorkloadRow row{.variant = "copied", .ranks = 2, .bytes = {sizes_[point]}};
    row.keys.push_back({"isl", static_cast<double>(sizes_[point])});
    add_to(row, simulated);
    row.figures.push_back({"copy_ms", *row.time_us / 1000});
    if (context.on_timeline) context.on_timeline(row, plan, simulated.run.timeline);
    return {row, {.variant = "delta"}};
  }

 private:
  // Rank 1 pulls from rank 0; racing: a second lane writes the same bytes.
  [[nodiscard]] models::Plan copy_plan(std::int64_t bytes) const {
    models::PlanBuilder builder("copies", 2);
    const auto buffer = [&](int rank, models::BufferRole role) {
      return builder.add_buffer({Rank{rank}, role, models::ElementType::fp32, {bytes}, "data"});
    };
    const BufferId from = buffer(0, models::BufferRole::input);
    const BufferId to = buffer(1, models::BufferRole::scratch);
    for (int queue = 0; queue < (races_ ? 2 : 1); ++queue)
      builder.copy(builder.add_copy_lane(Rank{1}, queue, models::LaunchMode::graph),
                   {from, 0, {}, {bytes}}, {to, 0, {}, {bytes}}, {});
    return builder.finish();
  }

  std::vector<std::int64_t> sizes_;
  bool races_;
};

Scenario toy_scenario(std::vector<std::int64_t> sizes, bool racing = false) {
  Scenario scenario;
  scenario.name = "copies";
  scenario.machine.name = "crossbar";
  scenario.workload = std::make_shared<Copies>(std::move(sizes), racing);
  scenario.workload_kind = "copies";
  return scenario;
}

StudyRecord record_of(const std::string& machine) {
  return read_study_record(R"({"schema": "twinlink.published/1", "name": "a table", "source": "s",
    "kind": "measured", "workload": "copies", "machine": ")" +
                               machine + R"(",
    "keys": ["variant", "isl"], "unmodelled": ["other_ms"],
    "rows": [{"variant": "copied", "isl": 900, "copy_ms": 1},
             {"variant": "copied", "isl": 1800, "copy_ms": 0.002, "other_ms": 7}]})",
                           "record.json");
}

}  // namespace

TEST_CASE("rows of a workload become results in the order of its points") {
  const Run run = run_scenario(toy_scenario({900, 1800}), {});
  REQUIRE(run.results.size() == 4);
  CHECK(run.points == 2);
  CHECK(run.done == 2);
  const Result& first = run.results[0];
  // 900 bytes at 900 GB/s and one route of two links of 1 us.
  CHECK(*first.time_us == 2.001);
  CHECK(*figure(first, "copy_ms") == doctest::Approx(2.001e-3).epsilon(1e-12));
  CHECK(first.correct == true);
  CHECK(row_name(first) == "copied, isl 900");
  CHECK(run.results[3].variant == "delta");
  const auto json = to_json(first);
  CHECK(json["operation"] == "copies");
  CHECK(json["algorithm"].is_null());
  CHECK(json["bytes"] == 900);
  CHECK(json["isl"] == 900);
  CHECK(json["copy_ms"].get<double>() == doctest::Approx(2.001e-3).epsilon(1e-12));
  CHECK(to_json(run.results[3])["ranks"].is_null());
}

TEST_CASE("a workload's plan is proved, unless nobody wants to know") {
  const Run run = run_scenario(toy_scenario({900}, true), {});
  CHECK(run.results[0].correct == false);
  CHECK(failed(run.results[0]));
  CHECK(run.results[0].reason.find("race") != std::string::npos);
  RunOptions unchecked;
  unchecked.check = false;
  CHECK(!run_scenario(toy_scenario({900}, true), unchecked).results[0].correct);
}

TEST_CASE("timelines come with their row, and a machine that is too small is refused") {
  RunOptions options;
  std::vector<std::string> seen;
  options.on_timeline = [&](const Result& result, const models::Plan&, const models::Timeline& t) {
    seen.push_back(row_name(result) + " " + std::to_string(t.makespan().ps));
  };
  run_scenario(toy_scenario({900}), options);
  CHECK(seen == std::vector<std::string>{"copied, isl 900 2001000"});
  Scenario small = toy_scenario({900});
  small.machine.name = "crossbar";
  small.workload = std::make_shared<Copies>(std::vector<std::int64_t>{900}, false);
  small.machine.name = "";
  small.machine.inline_json =
      R"({"schema": "twinlink.topology/1", "name": "one", "nodes": [{"name": "gpu0", "kind": "gpu"}],
    "links": []})";
  small.profile = "crossbar";
  CHECK_THROWS_WITH_AS(run_scenario(small, {}), doctest::Contains("needs 2 GPUs; one has 1"),
                       InputError);
}

TEST_CASE("a published row belongs to the result that all its keys name") {
  const Run run = run_scenario(toy_scenario({900, 1800}), {});
  const std::vector<StudyRecord> records{record_of("crossbar")};
  const auto found = find_published(records, run.results[2]);
  REQUIRE(found);
  CHECK(found->record == "a table");
  REQUIRE(found->fields.size() == 2);
  CHECK(!find_published(records, run.results[3]));                  // another variant
  CHECK(!find_published({record_of("hgx-h100")}, run.results[2]));  // another machine
  Result degraded = run.results[2];
  degraded.variant += ", degrade gpu0:switch:0.5";
  CHECK(!find_published(records, degraded));
  Result compared = run.results[2];
  compared.published = found;
  const auto errors = published_errors(compared);
  REQUIRE(errors.size() == 1);  // other_ms is not claimed
  // 1800 bytes take 2.002 us: 0.1 % above 0.002 ms.
  CHECK(errors[0].second == doctest::Approx(0.1).epsilon(1e-9));
}
