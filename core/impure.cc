// What core must never do, in one place: purity_test fails unless each of these is noticed. Nothing
// links it.

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>

#include <iostream>
#include <random>

namespace holdfast {

int planted_global = 1;
thread_local int planted_thread_local = 2;

int* PlantedStatic() {
  static int planted_static = 3;
  return &planted_static;
}

long PlantedClock() { return time(nullptr); }
const char* PlantedEnvironment() { return getenv("HOME"); }
int PlantedFile() { return open("/dev/null", O_RDONLY); }
unsigned PlantedEntropy() { return std::random_device()(); }
void PlantedOutput() { std::cout << "planted"; }

}  // namespace holdfast
