#include "realgpu/cublas.h"

#include <dlfcn.h>

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

// The part of cuBLAS's C interface that is used here; stable from 12 on.
using Handle = void*;
constexpr int kNotTransposed = 0;
constexpr int kBf16 = 14;
constexpr int kComputeFp32 = 68;
constexpr int kDefaultAlgorithm = -1;
constexpr std::int64_t kWorkspace = std::int64_t{64} << 20;

void* open_library() {
  for (const char* name : {"libcublas.so.13", "libcublas.so.12", "libcublas.so"})
    if (void* handle = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return handle;
  throw UnsupportedError("cuBLAS: " + std::string(dlerror()) +
                         " (set LD_LIBRARY_PATH to its folder)");
}

class Library {
 public:
  Library() : handle_(open_library()) {
    find(create, "cublasCreate_v2");
    find(destroy, "cublasDestroy_v2");
    find(get_version, "cublasGetVersion_v2");
    find(set_stream, "cublasSetStream_v2");
    find(set_workspace, "cublasSetWorkspace_v2");
    find(dense, "cublasGemmEx");
    find(batched, "cublasGemmBatchedEx");
    find(grouped, "cublasGemmGroupedBatchedEx");
  }
  int (*create)(Handle*) = nullptr;
  int (*destroy)(Handle) = nullptr;
  int (*get_version)(Handle, int*) = nullptr;
  int (*set_stream)(Handle, cudaStream_t) = nullptr;
  int (*set_workspace)(Handle, void*, std::size_t) = nullptr;
  int (*dense)(Handle, int, int, int, int, int, const void*, const void*, int, int, const void*,
               int, int, const void*, void*, int, int, int, int) = nullptr;
  int (*batched)(Handle, int, int, int, int, int, const void*, const void* const*, int, int,
                 const void* const*, int, int, const void*, void* const*, int, int, int, int,
                 int) = nullptr;
  int (*grouped)(Handle, const int*, const int*, const int*, const int*, const int*, const void*,
                 const void* const*, int, const int*, const void* const*, int, const int*,
                 const void*, void* const*, int, const int*, int, const int*, int) = nullptr;

 private:
  template <class Function>
  void find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
    if (function == nullptr)
      throw UnsupportedError("cuBLAS: the library has no " + std::string(name));
  }
  void* handle_;  // stays loaded
};

void check(int status, const char* call) {
  if (status != 0) throw GpuError(std::string(call) + " failed: status " + std::to_string(status));
}

}  // namespace

class Cublas::Impl {
 public:
  explicit Impl(int device) : device_(device), workspace_(device, kWorkspace) {
    const DeviceScope scope(device);
    check(library_.create(&handle_), "cublasCreate");
    const int status = library_.set_workspace(handle_, workspace_.data(),
                                              static_cast<std::size_t>(workspace_.bytes()));
    check(status, "cublasSetWorkspace");
  }
  ~Impl() { static_cast<void>(library_.destroy(handle_)); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] int version() const {
    int number = 0;
    check(library_.get_version(handle_, &number), "cublasGetVersion");
    return number;
  }

  void dense(const GemmShape& s, const Matrices& matrices, const Stream& stream) const {
    const DeviceScope scope(device_);
    use(stream);
    const float one = 1, zero = 0;
    check(library_.dense(handle_, kNotTransposed, kNotTransposed, s.m, s.n, s.k, &one, matrices.a,
                         kBf16, s.m, matrices.b, kBf16, s.k, &zero, matrices.c, kBf16, s.m,
                         kComputeFp32, kDefaultAlgorithm),
          "cublasGemmEx");
  }

  void gemm(const GemmShape& s, const GemmPointers& matrices, const Stream& stream) const {
    const DeviceScope scope(device_);
    use(stream);
    const float one = 1, zero = 0;
    check(library_.batched(handle_, kNotTransposed, kNotTransposed, s.m, s.n, s.k, &one, matrices.a,
                           kBf16, s.m, matrices.b, kBf16, s.k, &zero, matrices.c, kBf16, s.m,
                           s.count, kComputeFp32, kDefaultAlgorithm),
          "cublasGemmBatchedEx");
  }

  void grouped(const std::vector<GemmShape>& groups, const GemmPointers& matrices,
               const Stream& stream) const {
    const DeviceScope scope(device_);
    use(stream);
    std::vector<int> m, n, k, counts;
    for (const GemmShape& shape : groups) {
      m.push_back(shape.m);
      n.push_back(shape.n);
      k.push_back(shape.k);
      counts.push_back(shape.count);
    }
    const std::vector<int> plain(groups.size(), kNotTransposed);
    const std::vector<float> ones(groups.size(), 1), zeros(groups.size(), 0);
    check(library_.grouped(handle_, plain.data(), plain.data(), m.data(), n.data(), k.data(),
                           ones.data(), matrices.a, kBf16, m.data(), matrices.b, kBf16, k.data(),
                           zeros.data(), matrices.c, kBf16, m.data(),
                           static_cast<int>(groups.size()), counts.data(), kComputeFp32),
          "cublasGemmGroupedBatchedEx");
  }

 private:
  // Setting a stream gives the default workspace back, so ours is set again.
  void use(const Stream& stream) const {
    check(library_.set_stream(handle_, stream.get()), "cublasSetStream");
    const int status = library_.set_workspace(handle_, workspace_.data(),
                                              static_cast<std::size_t>(workspace_.bytes()));
    check(status, "cublasSetWorkspace");
  }

  int device_;
  Library library_;
  DeviceBuffer workspace_;
  Handle handle_ = nullptr;
};

Cublas::Cublas(int device) : impl_(std::make_unique<Impl>(device)) {}
Cublas::~Cublas() = default;

std::string Cublas::version() const {
  const int number = impl_->version();
  return std::to_string(number / 10'000) + "." + std::to_string(number / 100 % 100) + "." +
         std::to_string(number % 100);
}

void Cublas::dense(const GemmShape& shape, const Matrices& matrices, const Stream& stream) const {
  impl_->dense(shape, matrices, stream);
}

void Cublas::gemm(const GemmShape& shape, const GemmPointers& matrices,
                  const Stream& stream) const {
  impl_->gemm(shape, matrices, stream);
}

void Cublas::grouped(const std::vector<GemmShape>& groups, const GemmPointers& matrices,
                     const Stream& stream) const {
  impl_->grouped(groups, matrices, stream);
}

}  // namespace twinlink::realgpu
