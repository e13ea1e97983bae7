#pragma once
// From what happened to each request to the figures of sim/serving.h.
#include <cstdint>
#include <vector>

#include "sim/serving.h"

namespace twinlink::sim {

// Times in ps. steps: first and last decode step that gave it a token, on its server.
struct ServedRequest {
  std::int64_t sent = 0, first_token = 0, last_token = 0;
  std::int64_t output = 0;
  int generation_server = -1;
  std::size_t first_step = 0, last_step = 0;
};

struct DecodeStep {
  std::int64_t start = 0, end = 0, requests = 0;
};

struct BusyStep {
  std::int64_t start = 0, end = 0;
};

struct ServingRecord {
  std::vector<ServedRequest> ended;            // in the order of their ends, all of them
  std::vector<std::vector<DecodeStep>> steps;  // by generation server, in order
  std::vector<BusyStep> context_steps;
};

ServingFigures figures_of(const ServingRecord& record, const ServingSetup& setup);

}  // namespace twinlink::sim
