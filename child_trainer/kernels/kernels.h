// The parts of a network's training step on a CPU, each in one function: plain C++ over images in
// channels-last order, compiled for AVX-512, AVX2 and any other processor, chosen when it runs.
//
// All functions work on the images [begin, end) and are called by several threads at once with
// disjoint ranges; what they add to (sums, weight gradients) belongs to one thread. Sizes and
// strides count floats.
#pragma once

#include <cstdint>

namespace nas::child_trainer::kernels {

// Images of `channels` channels whose pixels may lie within wider ones.
struct Images {
  float* data = nullptr;
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0;
  int64_t pixel_stride = 0;  // >= channels; a row is width pixels, an image height rows
};

// A value that is computed while it is read: mask[n] * act(scale[c] * x + shift[c]), act = ReLU or
// nothing. So neither a batch norm nor a ReLU ever writes a tensor.
struct Source {
  Images images;
  const float* scale = nullptr;  // [channels]; null: 1
  const float* shift = nullptr;  // [channels]; null: 0
  const float* mask = nullptr;   // [images]; null: 1
  bool relu = false;
};

// What a gradient is read as: of the batch norm's input z where a, b and c are given,
// mask[n] * a[c] * dy + b[c] * z + c[c]; of the output itself where they are null.
struct Gradient {
  Images dy;
  Images z;
  const float* a = nullptr;
  const float* b = nullptr;
  const float* c = nullptr;
  const float* mask = nullptr;
};

// Where a gradient goes.
struct Target {
  Images images;                 // data null: not wanted
  bool accumulate = false;       // add to what is there
  double* batch_norm = nullptr;  // [2][channels]: += sum of d, sum of d * x over the source's x
};

constexpr int64_t kMaxTaps = 225;  // of a convolution's kernel: 15 x 15

// A convolution, or a depthwise one followed by a 1x1 (`depthwise`: the kernel, stride, dilation
// and padding are those of the depthwise one). Output [out_height, out_width, out_channels].
struct ConvolutionShape {
  int64_t height = 0, width = 0, channels = 0;  // of the input
  int64_t out_height = 0, out_width = 0, out_channels = 0;
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation = 1;
  int64_t top = 0, left = 0;  // zero padding; negative: so many rows and columns are passed over
  bool depthwise = false;

  int64_t taps() const { return kernel_h * kernel_w; }
};

// Weights as the kernels read them; "padded": with zeros to a multiple of padding(). Of a separable
// convolution the 1x1's have one tap.
struct ConvolutionWeights {
  const float* depthwise = nullptr;  // [taps, padded in]; only of a separable convolution
  const float* forward = nullptr;    // [taps, in, padded out]
  const float* backward = nullptr;   // [taps, out, padded in]
};

// The input is the concat of `parts` sources.
struct ConvolutionForward {
  ConvolutionShape shape;
  const Source* inputs = nullptr;
  int64_t parts = 0;
  ConvolutionWeights weights;
  Images output;
  double* sums = nullptr;  // [2][out_channels]: += sum and sum of squares of the output; or null
};

struct ConvolutionBackward {
  ConvolutionShape shape;
  const Source* inputs = nullptr;
  int64_t parts = 0;
  ConvolutionWeights weights;
  Gradient gradient;
  const Target* targets = nullptr;  // one a part: before its ReLU, after its scale
  float* d_depthwise = nullptr;     // [taps, padded in] +=
  float* d_forward = nullptr;       // [taps, padded in, padded out] +=
};

struct Pool {
  bool max = false;  // else the mean; padding is never counted
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t top = 0, left = 0;
};

struct Kernels {
  const char* name;  // "avx512", "avx2", "portable"

  // To how many channels those of this convolution are padded in its weights.
  int64_t (*padding)(const ConvolutionShape& shape);
  int64_t (*padded)(int64_t channels, int64_t padding);
  // Floats of scratch that a thread needs, at a 64-byte boundary.
  int64_t (*scratch)(const ConvolutionShape& shape);
  void (*convolution_forward)(const ConvolutionForward& task, int64_t begin, int64_t end,
                              float* scratch);
  void (*convolution_backward)(const ConvolutionBackward& task, int64_t begin, int64_t end,
                               float* scratch);

  // output = sum of the sources, image by image.
  void (*sum)(const Source* sources, int64_t count, const Images& output, int64_t begin,
              int64_t end);
  // target (+)= the gradient of what the source's batch norm gives: dy through its mask and ReLU.
  void (*add_gradient)(const Images& dy, const Source& source, const Target& target, int64_t begin,
                       int64_t end);
  // sums [2][channels] += sum of mask * dy, sum of mask * dy * z.
  void (*batch_norm_sums)(const Images& dy, const float* mask, const Images& z, double* sums,
                          int64_t begin, int64_t end);

  // output (+)= mask * pool(scale * x + shift); of max pools `chosen` [images, out pixels,
  // channels] is the position in the window. The source has no ReLU.
  void (*pool_forward)(const Pool& pool, const Source& source, const Images& output,
                       uint8_t* chosen, bool accumulate, int64_t begin, int64_t end);
  // target += its transpose.
  void (*pool_backward)(const Pool& pool, const Images& dy, const float* mask,
                        const uint8_t* chosen, const Images& target, int64_t begin, int64_t end);
};

// The fastest that this processor runs; NAS_KERNELS=avx2 or portable in the environment takes a
// lesser one, for tests. Throws ConfigError: it names none that runs here.
const Kernels& best();
// Those that this processor runs, the fastest first; null-terminated.
const Kernels* const* usable();

}  // namespace nas::child_trainer::kernels
