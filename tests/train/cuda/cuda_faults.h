// cuda_faults.h - kernels with one fault each; running one ends the program with the text beside it on stderr.
#ifndef MOELAW_CUDA_FAULTS_H
#define MOELAW_CUDA_FAULTS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *name;
    void (*run)(void);
    const char *says;
} CudaFault;

extern const CudaFault cuda_faults[]; // ends with name NULL

// Adds 1 to each number where the last thread's comes from its neighbour: without the barrier that it lacks the result
// depends on the order of threads. For `faulty` false the barrier is there.
float cuda_missing_barrier(bool faulty, bool backwards);

void cuda_host_backwards(bool backwards);  // host::backwards
void cuda_host_processors(int processors); // host::n_processors
void cuda_host_cards(int cards);           // host::n_cards
int cuda_host_card(void);                  // host::card

#ifdef __cplusplus
}
#endif

#endif
