#include "sim/serving.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <queue>
#include <string>
#include <tuple>

#include "models/workloads/draws.h"
#include "sim/serving_figures.h"
#include "topology/error.h"

namespace twinlink::sim {
namespace {

constexpr double kPerSecond = 1e12;  // ps

std::int64_t picoseconds(double seconds) { return std::llround(seconds * kPerSecond); }

// A step that takes no time would never end; nothing real is faster than this.
std::int64_t step_time(const StepTable& table, double x) {
  return std::max<std::int64_t>(1, picoseconds(table(x)));
}

struct Request {
  ServedRequest served;
  std::int64_t input = 0, left = 0;  // tokens; left of the input
};

// Enumerators in the order in which events of one instant happen: what ends makes room first.
enum class What : std::uint8_t { decode_end, context_end, landed, send };

struct Happening {
  std::int64_t at = 0;
  What what = What::send;
  std::int64_t order = 0;  // of scheduling
  std::size_t subject = 0;
};
bool later(const Happening& a, const Happening& b) {
  return std::tie(a.at, a.what, a.order) > std::tie(b.at, b.what, b.order);
}

struct ContextServer {
  std::deque<std::size_t> queue;
  std::vector<std::size_t> finishing;  // whose input ends with this step
  std::int64_t outstanding = 0;        // tokens not yet processed
  std::int64_t under_way = 0;          // of them in this step
  std::uint64_t steps = 0;
  bool busy = false;
};

struct GenerationServer {
  std::deque<std::size_t> waiting;
  std::queue<std::pair<std::size_t, std::size_t>> leaving;  // last step, request
  std::int64_t under_way = 0;
  bool busy = false;
  [[nodiscard]] std::int64_t open() const {
    return under_way + static_cast<std::int64_t>(waiting.size());
  }
};

class Serving {
 public:
  explicit Serving(const ServingSetup& setup)
      : setup_(setup),
        context_(static_cast<std::size_t>(setup.context.servers)),
        generation_(static_cast<std::size_t>(setup.generation.servers)) {
    record_.steps.resize(generation_.size());
  }

  ServingRecord run() {
    const ClientLaw& law = setup_.clients;
    const double apart = law.ramp / static_cast<double>(law.concurrency);
    for (std::int64_t client = 0; client < law.concurrency; ++client)
      schedule(picoseconds(apart * static_cast<double>(client)), What::send, 0);
    const auto wanted = static_cast<std::size_t>(law.warm_up + law.measured);
    while (record_.ended.size() < wanted) {
      const Happening event = events_.top();
      events_.pop();
      now_ = event.at;
      handle(event);
    }
    return std::move(record_);
  }

 private:
  void schedule(std::int64_t at, What what, std::size_t subject) {
    events_.push({at, what, order_++, subject});
  }

  void handle(const Happening& event) {
    switch (event.what) {
      case What::send: send(); break;
      case What::context_end: end_context(event.subject); break;
      case What::landed: land(event.subject); break;
      case What::decode_end: end_decode(event.subject); break;
    }
  }

  void send() {
    const ClientLaw& law = setup_.clients;
    const std::size_t id = requests_.size();
    models::Draws draws(models::part_of_seed(law.seed, id));
    Request request;
    request.input = law.input_min +
                    static_cast<std::int64_t>(
                        draws.below(static_cast<std::uint64_t>(law.input_max - law.input_min + 1)));
    request.left = request.input;
    request.served.sent = now_;
    request.served.output = law.output;
    requests_.push_back(request);
    const auto least = std::ranges::min_element(context_, {}, &ContextServer::outstanding);
    least->queue.push_back(id);
    least->outstanding += request.input;
    start_context(static_cast<std::size_t>(least - context_.begin()));
  }

  void start_context(std::size_t index) {
    ContextServer& server = context_[index];
    if (server.busy || server.queue.empty()) return;
    const std::int64_t fullest = fill_step(server);
    const std::int64_t end = now_ + step_time(setup_.context.step, static_cast<double>(fullest));
    record_.context_steps.push_back({now_, end});
    server.busy = true;
    schedule(end, What::context_end, index);
  }

  // Takes tokens off the queue's front; returns those of the fullest rank.
  std::int64_t fill_step(ContextServer& server) {
    const ContextSide& side = setup_.context;
    std::vector<std::int64_t> tokens(static_cast<std::size_t>(side.ranks));
    std::vector<std::int64_t> places = places_of(server);
    server.under_way = 0;
    while (!server.queue.empty()) {
      const std::size_t rank = roomiest(tokens, places);
      if (rank == tokens.size()) break;
      Request& request = requests_[server.queue.front()];
      const std::int64_t taken = std::min(request.left, side.max_tokens - tokens[rank]);
      tokens[rank] += taken;
      --places[rank];
      server.under_way += taken;
      request.left -= taken;
      if (request.left > 0) break;  // the rest stays in front
      server.finishing.push_back(server.queue.front());
      server.queue.pop_front();
    }
    return *std::ranges::max_element(tokens);
  }

  // Of each rank in the next step of this server.
  std::vector<std::int64_t> places_of(ContextServer& server) const {
    const ContextSide& side = setup_.context;
    std::vector<std::int64_t> places(static_cast<std::size_t>(side.ranks), side.max_requests);
    if (side.offered >= 1) return places;
    const auto index = static_cast<std::uint64_t>(&server - context_.data());
    models::Draws draws(models::part_of_seed(setup_.clients.seed, server.steps++, index));
    for (std::int64_t& k : places) {
      const double share = side.offered + (1 - side.offered) * draws.uniform();
      k = std::llround(std::ceil(share * static_cast<double>(k)));
    }
    return places;
  }

  // The rank with fewest tokens that takes one more request; their number if none does.
  [[nodiscard]] std::size_t roomiest(const std::vector<std::int64_t>& tokens,
                                     const std::vector<std::int64_t>& places) const {
    std::size_t best = tokens.size();
    for (std::size_t rank = 0; rank < tokens.size(); ++rank) {
      if (places[rank] == 0) continue;
      if (tokens[rank] >= setup_.context.max_tokens) continue;
      if (best == tokens.size() || tokens[rank] < tokens[best]) best = rank;
    }
    return best;
  }

  void end_context(std::size_t index) {
    ContextServer& server = context_[index];
    server.outstanding -= server.under_way;
    server.busy = false;
    for (const std::size_t id : server.finishing) first_token(id);
    server.finishing.clear();
    start_context(index);
  }

  void first_token(std::size_t id) {
    const Request& request = requests_[id];
    requests_[id].served.first_token = now_;
    if (request.served.output == 1) return end(id);
    const HandOff& off = setup_.hand_off;
    const double bytes = off.bytes_per_token * static_cast<double>(request.input);
    schedule(now_ + (off.rate > 0 ? picoseconds(bytes / off.rate) : 0), What::landed, id);
  }

  void land(std::size_t id) {
    const auto least = std::ranges::min_element(generation_, {}, &GenerationServer::open);
    least->waiting.push_back(id);
    const auto index = static_cast<std::size_t>(least - generation_.begin());
    requests_[id].served.generation_server = static_cast<int>(index);
    start_decode(index);
  }

  void start_decode(std::size_t index) {
    GenerationServer& server = generation_[index];
    if (server.busy) return;
    while (!server.waiting.empty() && server.under_way < setup_.generation.places) admit(index);
    if (server.under_way == 0) return;
    const std::int64_t end =
        now_ + step_time(setup_.generation.step, static_cast<double>(server.under_way));
    record_.steps[index].push_back({now_, end, server.under_way});
    server.busy = true;
    schedule(end, What::decode_end, index);
  }

  void admit(std::size_t index) {
    GenerationServer& server = generation_[index];
    ServedRequest& served = requests_[server.waiting.front()].served;
    served.first_step = record_.steps[index].size();
    served.last_step = served.first_step + static_cast<std::size_t>(served.output - 2);
    // All outputs are equally long: who comes first leaves first.
    server.leaving.emplace(served.last_step, server.waiting.front());
    server.waiting.pop_front();
    ++server.under_way;
  }

  void end_decode(std::size_t index) {
    GenerationServer& server = generation_[index];
    server.busy = false;
    const std::size_t step = record_.steps[index].size() - 1;
    while (!server.leaving.empty() && server.leaving.front().first == step) {
      const std::size_t id = server.leaving.front().second;
      server.leaving.pop();
      --server.under_way;
      end(id);
    }
    start_decode(index);
  }

  void end(std::size_t id) {
    requests_[id].served.last_token = now_;
    record_.ended.push_back(requests_[id].served);
    schedule(now_, What::send, 0);
  }

  const ServingSetup& setup_;
  std::vector<ContextServer> context_;
  std::vector<GenerationServer> generation_;
  std::vector<Request> requests_;
  std::priority_queue<Happening, std::vector<Happening>, decltype(&later)> events_{later};
  ServingRecord record_;
  std::int64_t now_ = 0, order_ = 0;
};

class SetupCheck {
 public:
  void least(std::int64_t value, std::int64_t min, const char* what) {
    if (value < min)
      issues_.push_back({"",
                         std::string(what) + " must be at least " + std::to_string(min) + ", not " +
                             std::to_string(value),
                         {},
                         0,
                         0});
  }
  void share(double value, const char* what) {
    if (!(value > 0 && value <= 1))
      issues_.push_back(
          {"",
           std::string(what) + " must be above 0 and at most 1, not " + std::to_string(value),
           {},
           0,
           0});
  }
  void table(const StepTable& table, const char* what) {
    const bool rises =
        std::ranges::adjacent_find(table.at, std::greater_equal<>{}) == table.at.end();
    if (table.at.empty() || table.at.size() != table.seconds.size() || !rises)
      issues_.push_back(
          {"", std::string(what) + " needs ascending entries, one time each", {}, 0, 0});
  }
  void finish() {
    if (!issues_.empty()) throw InputError(std::move(issues_));
  }

 private:
  std::vector<InputIssue> issues_;
};

void check_setup(const ServingSetup& setup) {
  SetupCheck check;
  check.least(setup.clients.concurrency, 1, "concurrency");
  check.least(setup.clients.input_min, 1, "the shortest input");
  check.least(setup.clients.input_max, setup.clients.input_min, "the longest input");
  check.least(setup.clients.output, 1, "the output");
  check.least(setup.clients.warm_up, 0, "warm_up");
  check.least(setup.clients.measured, 1, "measured requests");
  check.least(setup.context.servers, 1, "context servers");
  check.least(setup.context.ranks, 1, "ranks of a context server");
  check.least(setup.context.max_tokens, 1, "tokens of a context step");
  check.least(setup.context.max_requests, 1, "requests of a context step");
  check.share(setup.context.offered, "the share of places offered");
  check.least(setup.generation.servers, 1, "generation servers");
  check.least(setup.generation.places, 1, "places of a generation server");
  check.table(setup.context.step, "the context step table");
  check.table(setup.generation.step, "the generation step table");
  check.finish();
}

}  // namespace

double StepTable::operator()(double x) const {
  if (at.size() == 1 || x <= at.front()) return seconds.front();
  const auto above = std::ranges::lower_bound(at, x);
  const auto found = static_cast<std::size_t>(above - at.begin());
  const std::size_t right = std::min(found, at.size() - 1), left = right - 1;
  const double slope = (seconds[right] - seconds[left]) / (at[right] - at[left]);
  return seconds[left] + slope * (x - at[left]);
}

ServingFigures serve(const ServingSetup& setup) {
  check_setup(setup);
  return figures_of(Serving(setup).run(), setup);
}

}  // namespace twinlink::sim
