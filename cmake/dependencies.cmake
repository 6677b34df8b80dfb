# Imported targets for everything outside of this repository, so that no other file names a path.
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog REQUIRED)
find_path(SOCI_INCLUDE soci/soci.h REQUIRED)
find_path(PQ_INCLUDE libpq-fe.h REQUIRED PATH_SUFFIXES postgresql)
find_library(SOCI_CORE soci_core REQUIRED)
find_library(SOCI_SQLITE soci_sqlite3 REQUIRED)
find_library(SOCI_POSTGRESQL soci_postgresql REQUIRED)

# find_package(HDF5) needs a C compiler; Debian's OpenCV config belongs to a package that pulls in a desktop.
find_path(HDF5_INCLUDE hdf5.h REQUIRED PATH_SUFFIXES hdf5/serial)
find_library(HDF5_LIBRARY NAMES hdf5_serial hdf5 REQUIRED)
add_library(nas::hdf5 INTERFACE IMPORTED)
target_include_directories(nas::hdf5 SYSTEM INTERFACE ${HDF5_INCLUDE})
target_link_libraries(nas::hdf5 INTERFACE ${HDF5_LIBRARY})

find_path(OPENCV_INCLUDE opencv2/core.hpp REQUIRED PATH_SUFFIXES opencv4)
foreach(module core imgproc imgcodecs dnn)
  find_library(OPENCV_${module} opencv_${module} REQUIRED)
endforeach()
add_library(nas::opencv INTERFACE IMPORTED)
target_include_directories(nas::opencv SYSTEM INTERFACE ${OPENCV_INCLUDE})
target_link_libraries(nas::opencv INTERFACE ${OPENCV_core} ${OPENCV_imgproc} ${OPENCV_imgcodecs})
add_library(nas::opencv_dnn INTERFACE IMPORTED)
target_link_libraries(nas::opencv_dnn INTERFACE nas::opencv ${OPENCV_dnn})

add_library(nas::soci INTERFACE IMPORTED)
target_include_directories(nas::soci SYSTEM INTERFACE ${SOCI_INCLUDE} ${PQ_INCLUDE})
target_link_libraries(nas::soci INTERFACE ${SOCI_CORE} ${SOCI_SQLITE} ${SOCI_POSTGRESQL})

# LibTorch by hand: its own CMake files ask for a CUDA dialect that cmake 3.25 does not know.
if(DEFINED ENV{NAS_TORCH_ROOT})
  set(torch_root $ENV{NAS_TORCH_ROOT})
elseif(DEFINED ENV{NAS_CACHE_DIR})
  set(torch_root $ENV{NAS_CACHE_DIR}/libtorch-2.11.0)
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(torch_root $ENV{XDG_CACHE_HOME}/nas/libtorch-2.11.0)
else()
  set(torch_root $ENV{HOME}/.cache/nas/libtorch-2.11.0)
endif()
set(NAS_TORCH_ROOT ${torch_root} CACHE PATH "Folder that holds torch/lib and torch/include")
foreach(library torch_cpu c10)
  if(NOT EXISTS ${NAS_TORCH_ROOT}/torch/lib/lib${library}.so)
    message(FATAL_ERROR "LibTorch is not in ${NAS_TORCH_ROOT}: run scripts/setup, or set NAS_TORCH_ROOT")
  endif()
endforeach()

# torch/include/fmt is a newer fmt than the one spdlog was built with: the system's is put before it.
set(fmt_shim ${PROJECT_BINARY_DIR}/fmt_first)
file(MAKE_DIRECTORY ${fmt_shim})
find_path(FMT_INCLUDE fmt/core.h REQUIRED NO_DEFAULT_PATH PATHS /usr/include /usr/local/include)
file(CREATE_LINK ${FMT_INCLUDE}/fmt ${fmt_shim}/fmt SYMBOLIC)

set(torch_lib ${NAS_TORCH_ROOT}/torch/lib)
add_library(nas::torch INTERFACE IMPORTED)
target_include_directories(nas::torch SYSTEM INTERFACE ${fmt_shim} ${NAS_TORCH_ROOT}/torch/include
                           ${NAS_TORCH_ROOT}/torch/include/torch/csrc/api/include)
# The OpenMP runtime is the one that LibTorch brings: two would start twice the threads.
file(GLOB torch_openmp ${torch_lib}/libgomp*.so*)
target_link_libraries(nas::torch INTERFACE ${torch_lib}/libtorch_cpu.so ${torch_lib}/libc10.so ${torch_openmp}
                      Threads::Threads)
target_link_options(nas::torch INTERFACE -Wl,-rpath,${torch_lib} -Wl,--allow-shlib-undefined)
if(NAS_CUDA)
  find_package(CUDAToolkit 13 REQUIRED)
  find_path(NCCL_INCLUDE nccl.h REQUIRED HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_library(NCCL_LIBRARY nccl REQUIRED HINTS ${CUDAToolkit_LIBRARY_DIR})
  # --no-as-needed: without it no CUDA kernel registers.
  target_link_libraries(nas::torch INTERFACE -Wl,--no-as-needed ${torch_lib}/libtorch_cuda.so
                        ${torch_lib}/libc10_cuda.so -Wl,--as-needed CUDA::cudart
                        ${NCCL_LIBRARY})
  target_link_options(nas::torch INTERFACE -Wl,-rpath,${CUDAToolkit_LIBRARY_DIR})
endif()
