#pragma once
// The points of a serving study, run, and the answers that are chosen among them.
#include <optional>
#include <string>
#include <vector>

#include "scenarios/workloads/serving_tables.h"

namespace twinlink::scenarios {

struct ServingPoint {
  DwdpVariant variant = DwdpVariant::dep;
  std::int64_t context_gpus = 0, generation_gpus = 0;  // of all servers
  std::int64_t concurrency = 0;
  sim::ServingFigures figures;
  [[nodiscard]] std::int64_t gpus() const { return context_gpus + generation_gpus; }
  [[nodiscard]] double tps_per_gpu() const {
    return figures.throughput / static_cast<double>(gpus());
  }
  [[nodiscard]] std::string bound() const;
};

std::vector<ServingPoint> run_points(const ServingSettings& settings, StepTables& tables);

// The best point of the variant with low <= tps_user < high; null if none lies there.
const ServingPoint* best_in(const std::vector<ServingPoint>& points, DwdpVariant variant,
                            const UserRange& range);

struct Capacity {
  const ServingPoint* point = nullptr;  // null: no point keeps the limits
  std::int64_t copies = 0;
  std::string bound;
  [[nodiscard]] std::int64_t gpus() const {
    return copies * (point == nullptr ? 0 : point->gpus());
  }
};

Capacity capacity(const std::vector<ServingPoint>& points, DwdpVariant variant,
                  const ServingTarget& target);

}  // namespace twinlink::scenarios
