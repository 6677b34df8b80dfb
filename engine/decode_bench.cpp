#include "engine/decode_bench.h"

#include <algorithm>
#include <atomic>

#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"
#include "data/decode_images.h"
#include "data/image_codec.h"
#include "data/parallel_for.h"

namespace nas::engine {

namespace {

using EncodedImage = std::vector<uint8_t>;

// What is timed: the images as they are stored, and how nas reads all of them.
struct Source {
  std::vector<EncodedImage> encoded;
  std::function<void()> read;
};

// At most `count` of the files, evenly spread over them.
std::vector<data::ImageFile> some_of(const std::vector<data::ImageFile>& files, int64_t count) {
  const auto all = static_cast<int64_t>(files.size());
  count = std::min(count, all);
  std::vector<data::ImageFile> some;
  for (int64_t i = 0; i < count; ++i) some.push_back(files[static_cast<size_t>(i * all / count)]);
  return some;
}

Source folder_source(const common::Options& options) {
  const data::ImageTree tree = data::read_image_tree(options.text("from"));
  std::vector<data::ImageFile> files = tree.train;
  files.insert(files.end(), tree.valid.begin(), tree.valid.end());
  files.insert(files.end(), tree.test.begin(), tree.test.end());
  files = some_of(files, options.integer("images"));
  Source source;
  for (const auto& file : files) {
    const std::string content = common::read_file(tree.root / file.name);
    source.encoded.emplace_back(content.begin(), content.end());
  }
  source.read = [files, root = tree.root, size = options.integer("size")] {
    std::vector<std::string> skipped;
    data::decode_images(root, files, size, skipped);
    if (skipped.empty()) return;
    throw common::DataError(
        {.where = "nas bench images",
         .what = common::counted(static_cast<int64_t>(skipped.size()), "image") + " cannot be read",
         .got = common::join(skipped, "; "),
         .hint = "the folder without them"});
  };
  return source;
}

Source dataset_source(const common::Options& options) {
  const auto file = data::find_dataset(options.text("dataset"), options.text("data-dir")).file;
  Source source{.encoded = data::read_encoded_dataset(file),
                .read = [file] { data::read_dataset(file); }};
  if (!source.encoded.empty()) return source;
  throw common::DataError({.where = "nas bench images",
                           .what = "the images of this dataset are stored as pixels",
                           .got = file.string(),
                           .hint = "nas data import with --encoding, or --from FOLDER"});
}

Source source_of(const common::Options& options) {
  if (options.text("from").empty() != options.text("dataset").empty())
    return options.text("dataset").empty() ? folder_source(options) : dataset_source(options);
  throw common::UsageError({.where = "nas bench images",
                            .what = "what is to be read?",
                            .expected = "one of --from FOLDER and --dataset NAME"});
}

// All of them by OpenCV's decoder alone; the number of pixels.
int64_t decode_alone(const std::vector<EncodedImage>& encoded) {
  std::atomic<int64_t> pixels{0};
  data::parallel_for(encoded.size(),
                     [&](size_t i, bool) { pixels += data::decoded_pixels(encoded[i]); });
  return pixels;
}

double seconds_of(const std::function<void()>& work) {
  const double start = common::monotonic_seconds();
  work();
  return common::monotonic_seconds() - start;
}

}  // namespace

common::Json to_json(const DecodeBenchResult& result) {
  return {{"images", result.images},
          {"encoded_bytes", result.encoded_bytes},
          {"decoded_pixels", result.decoded_pixels},
          {"images_per_second", to_json(result.images_per_second)},
          {"decoder_per_second", to_json(result.decoder_per_second)},
          {"ratio", to_json(result.ratio)}};
}

common::Options decode_bench_options() {
  return common::Options(
      {{.name = "from", .value = "", .help = "Folder of images, as nas data import takes it"},
       {.name = "dataset", .value = "", .help = "Dataset whose images are stored encoded"},
       {.name = "data-dir", .value = "", .help = "Folder that is searched for datasets first"},
       {.name = "size",
        .value = 64,
        .help = "Side to which the images of a folder are scaled",
        .unit = "pixels",
        .min = 1,
        .max = 4096},
       {.name = "images",
        .value = 2000,
        .help = "Images of the folder to read, at most",
        .min = 1,
        .max = 1000000},
       {.name = "rounds", .value = 5, .help = "Rounds that are timed", .min = 1, .max = 10000},
       {.name = "json", .value = false, .help = "Print the result as JSON"}});
}

DecodeBenchResult bench_decoding(const common::Options& options,
                                 const std::function<void(int64_t done, int64_t count)>& show) {
  const Source source = source_of(options);
  const auto images = static_cast<double>(source.encoded.size());
  DecodeBenchResult result{.images = static_cast<int64_t>(source.encoded.size())};
  for (const auto& bytes : source.encoded)
    result.encoded_bytes += static_cast<double>(bytes.size());
  // Once untimed: the files come into the system's cache, the libraries into memory.
  source.read();
  result.decoded_pixels = decode_alone(source.encoded);
  std::vector<double> rates;
  std::vector<double> decoder_rates;
  std::vector<double> ratios;
  const int64_t rounds = options.integer("rounds");
  for (int64_t round = 0; round < rounds; ++round) {
    rates.push_back(images / seconds_of(source.read));
    decoder_rates.push_back(images / seconds_of([&] { decode_alone(source.encoded); }));
    ratios.push_back(rates.back() / decoder_rates.back());
    show(round + 1, rounds);
  }
  result.images_per_second = spread_of(rates);
  result.decoder_per_second = spread_of(decoder_rates);
  result.ratio = spread_of(ratios);
  return result;
}

}  // namespace nas::engine
