#include "realgpu/cublas_lt.h"

#include <dlfcn.h>

#include <cstdlib>
#include <string>

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

// The part of cuBLASLt's C interface that is used here; stable from 12 on.
using Handle = void*;
constexpr int kFp32 = 0, kBf16 = 14, kE4m3 = 28;
constexpr int kComputeFp32 = 68;
constexpr int kTransA = 3;  // attribute of a product
constexpr std::int32_t kTransposed = 1;
constexpr std::int64_t kWorkspace = std::int64_t{64} << 20;

void* open_library() {
  for (const char* name : {"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"})
    if (void* handle = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return handle;
  throw UnsupportedError("cuBLASLt: " + std::string(dlerror()) +
                         " (set LD_LIBRARY_PATH to its folder)");
}

class Library {
 public:
  Library() : handle_(open_library()) {
    find(create, "cublasLtCreate");
    find(destroy, "cublasLtDestroy");
    find(make_product, "cublasLtMatmulDescCreate");
    find(set_product, "cublasLtMatmulDescSetAttribute");
    find(end_product, "cublasLtMatmulDescDestroy");
    find(make_layout, "cublasLtMatrixLayoutCreate");
    find(end_layout, "cublasLtMatrixLayoutDestroy");
    find(matmul, "cublasLtMatmul");
  }
  int (*create)(Handle*) = nullptr;
  int (*destroy)(Handle) = nullptr;
  int (*make_product)(Handle*, int, int) = nullptr;
  int (*set_product)(Handle, int, const void*, std::size_t) = nullptr;
  int (*end_product)(Handle) = nullptr;
  int (*make_layout)(Handle*, int, std::uint64_t, std::uint64_t, std::int64_t) = nullptr;
  int (*end_layout)(Handle) = nullptr;
  int (*matmul)(Handle, Handle, const void*, const void*, Handle, const void*, Handle, const void*,
                const void*, Handle, void*, Handle, const void*, void*, std::size_t,
                cudaStream_t) = nullptr;

 private:
  template <class Function>
  void find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
    if (function == nullptr)
      throw UnsupportedError("cuBLASLt: the library has no " + std::string(name));
  }
  void* handle_;  // stays loaded
};

void check(int status, const char* call) {
  if (status != 0) throw GpuError(std::string(call) + " failed: status " + std::to_string(status));
}

// A descriptor that ends with its scope.
class Descriptor {
 public:
  explicit Descriptor(int (*end)(Handle)) : end_(end) {}
  ~Descriptor() {
    if (handle_ != nullptr) static_cast<void>(end_(handle_));
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Handle* address() { return &handle_; }
  [[nodiscard]] Handle get() const { return handle_; }

 private:
  int (*end_)(Handle);
  Handle handle_ = nullptr;
};

}  // namespace

class CublasLt::Impl {
 public:
  explicit Impl(int device) : device_(device), workspace_(device, kWorkspace) {
    const DeviceScope scope(device);
    check(library_.create(&handle_), "cublasLtCreate");
  }
  ~Impl() { static_cast<void>(library_.destroy(handle_)); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void fp8(const GemmShape& s, const Cublas::Matrices& matrices, const Stream& stream) const {
    const DeviceScope scope(device_);
    Descriptor product(library_.end_product);
    check(library_.make_product(product.address(), kComputeFp32, kFp32),
          "cublasLtMatmulDescCreate");
    check(library_.set_product(product.get(), kTransA, &kTransposed, sizeof kTransposed),
          "cublasLtMatmulDescSetAttribute");
    Descriptor a(library_.end_layout), b(library_.end_layout), c(library_.end_layout);
    describe(a, kE4m3, s.k, s.m);
    describe(b, kE4m3, s.k, s.n);
    describe(c, kBf16, s.m, s.n);
    const float one = 1, zero = 0;
    check(
        library_.matmul(handle_, product.get(), &one, matrices.a, a.get(), matrices.b, b.get(),
                        &zero, matrices.c, c.get(), matrices.c, c.get(), nullptr, workspace_.data(),
                        static_cast<std::size_t>(workspace_.bytes()), stream.get()),
        "cublasLtMatmul");
  }

 private:
  void describe(Descriptor& layout, int type, int rows, int columns) const {
    check(library_.make_layout(layout.address(), type, static_cast<std::uint64_t>(rows),
                               static_cast<std::uint64_t>(columns), rows),
          "cublasLtMatrixLayoutCreate");
  }
  int device_;
  Library library_;
  DeviceBuffer workspace_;
  Handle handle_ = nullptr;
};

CublasLt::CublasLt(int device) : impl_(std::make_unique<Impl>(device)) {}
CublasLt::~CublasLt() = default;

void CublasLt::fp8(const GemmShape& shape, const Cublas::Matrices& matrices,
                   const Stream& stream) const {
  impl_->fp8(shape, matrices, stream);
}

std::uint8_t e4m3_bits(int value) {
  if (value == 0) return 0;
  const int size = std::abs(value);
  TL_ENSURE(size <= 15, "whole numbers that e4m3 has");
  int exponent = 0;
  while (size >> (exponent + 1) > 0) ++exponent;
  const int fraction = ((size << 3) >> exponent) & 7;
  return static_cast<std::uint8_t>((value < 0 ? 0x80 : 0) | ((exponent + 7) << 3) | fraction);
}

}  // namespace twinlink::realgpu
