#include "sim/host_executor.h"

#include "models/definition_buffers.h"
#include "models/library/definition_plan.h"
#include "sim/host_fold.h"
#include "sim/host_memory.h"

namespace twinlink::sim {

models::Execution HostExecutor::execute(const models::Plan& plan, const models::Inputs& inputs) {
  if (!plan.library_calls.empty()) return execute(define_library_calls(plan).plan, inputs);
  check_runnable(plan);
  HostMemory memory(plan, inputs);
  HostFold fold(plan, inputs, memory);
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const OpId op{i};
    switch (plan.op(op).kind) {
      case models::OpKind::copy:
      case models::OpKind::multimem_store:
        memory.copy(plan.sources(op), plan.destinations(op));
        break;
      case models::OpKind::reduce:
      case models::OpKind::multimem_reduce:
      case models::OpKind::scan_reduce: fold.run(op); break;
      case models::OpKind::compute:         // time only: a compute op changes no data here
      case models::OpKind::barrier:         // the order of ids already is one
      case models::OpKind::library: break;  // replaced by its definition
    }
  }
  models::Execution execution;
  if (!plan.claims.empty())
    execution.numbers = verify(
        plan, inputs, [&](BufferId b) -> std::span<const std::byte> { return memory.bytes(b); });
  return execution;
}

}  // namespace twinlink::sim
