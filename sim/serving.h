#pragma once
// Disaggregated serving: clients in a closed loop, context servers, key/value hand-off and
// generation servers, step by step, with step times from tables.
//
// `concurrency` clients each keep one request open: the next is sent when the last token arrives.
//   context     A server is `ranks` ranks that step together. A request joins at arrival the server
//               with the fewest tokens outstanding (ties: the first) and waits first come, first
//               served. A step takes at most max_requests per rank and max_tokens per rank, each
//               request on the rank with most room; what does not fit is continued in the next step
//               (chunks). Of a rank's max_requests places k only ceil(f k) are offered to a step, f
//               uniform on [offered, 1], drawn per step and rank: how uneven schedulers fill ranks
//               in practice (1: not at all). A step lasts table(tokens of the fullest rank). The
//               step that ends a request's input gives its first token.
//   hand-off    bytes per token x input / rate, not shared
//   generation  A request joins the server with the fewest requests open and waits for one of its
//               places; requests join and leave between steps. A step lasts table(requests under
//               way) and gives each one token.
// Definitions (seconds), over the requests that end in the window, which opens with the end of
// number `warm_up` and closes with the end of number warm_up + measured:
//   ttft   first token - sending            e2e   last token - sending
//   itl    gaps between tokens, of all requests in one list; the first holds hand-off and waiting
//   tpot   (e2e - ttft) / (output - 1), a request's mean gap
//   throughput   output tokens / window;   tps_user = 1 / mean itl
// Identities: mean e2e = mean ttft + (output - 1) mean itl; concurrency = throughput / output x
// mean e2e (Little). Requests, lengths and order depend on the setup only; first sendings are
// spread evenly over `ramp`. Left out: network time of requests and tokens, preemption, key/value
// memory, prefix reuse, shared links of the hand-off, speculative steps (put their gain into the
// table), prefill and decode on one server. InputError for what cannot run.
#include <cstdint>
#include <vector>

namespace twinlink::sim {

// Piecewise linear; held below the first entry, continued with the last slope past the last.
struct StepTable {
  std::vector<double> at;       // ascending
  std::vector<double> seconds;  // same size
  [[nodiscard]] double operator()(double x) const;
};

struct ClientLaw {
  std::int64_t concurrency = 1;
  std::int64_t input_min = 1, input_max = 1;  // tokens, uniform
  std::int64_t output = 2;                    // tokens
  double ramp = 0;                            // seconds
  std::int64_t warm_up = 0, measured = 1;     // requests
  std::uint64_t seed = 1;
};

struct ContextSide {
  int servers = 1, ranks = 1;
  std::int64_t max_tokens = 32'768, max_requests = 1024;  // per rank and step
  double offered = 1;                                     // least share of the places, (0, 1]
  StepTable step;                                         // by tokens of a rank
};

struct HandOff {
  double bytes_per_token = 0, rate = 0;  // rate 0: takes no time
};

struct GenerationSide {
  int servers = 1;
  std::int64_t places = 1;  // of one server
  StepTable step;           // by requests under way on the server
};

struct ServingSetup {
  ClientLaw clients;
  ContextSide context;
  HandOff hand_off;
  GenerationSide generation;
};

struct Spread {
  double mean = 0, median = 0, p99 = 0;
};

struct ServingFigures {
  Spread ttft, itl, tpot, e2e;  // seconds
  double throughput = 0;        // output tokens per second
  double tps_user = 0;
  double context_busy = 0;    // share of the window in which context servers step
  double generation_use = 0;  // requests under way / places, mean over the window
  double window = 0;
};

ServingFigures serve(const ServingSetup& setup);

}  // namespace twinlink::sim
