#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cuda_bf16.h>

#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>
#define C(x) do{auto e_=(x); if(e_!=0){printf("fail %s %d line %d\n",#x,(int)e_,__LINE__);exit(1);} }while(0)
__global__ void fill(__nv_bfloat16*p,size_t n,float density,unsigned seed){
  for(size_t i=blockIdx.x*(size_t)blockDim.x+threadIdx.x;i<n;i+=(size_t)gridDim.x*blockDim.x){
    unsigned long long z=(i+1)*0x9E3779B97F4A7C15ULL+seed*77777ULL; z^=z>>30; z*=0xBF58476D1CE4E5B9ULL; z^=z>>27; z*=0x94D049BB133111EBULL; z^=z>>31;
    float u=(float)(z&0xFFFFFF)/16777216.f, v=(float)((z>>24)&0xFFFFFF)/16777216.f;
    p[i]=__float2bfloat16(v<density? (u-0.5f):0.f);
  }}
__global__ void rw(float4*a,float4*b,size_t n){for(size_t i=blockIdx.x*(size_t)blockDim.x+threadIdx.x;i<n;i+=(size_t)gridDim.x*blockDim.x) b[i]=a[i];}
const int M=4096,N=4096,K=8192;
const size_t CP=(size_t)2900<<20;
cublasHandle_t h; cudaStream_t s,cp0,cp1; void *A,*B,*D; char *l0,*l1,*r0,*r1;
void gemm(){float al=1,be=0; C(cublasGemmEx(h,CUBLAS_OP_T,CUBLAS_OP_N,M,N,K,&al,A,CUDA_R_16BF,K,B,CUDA_R_16BF,K,&be,D,CUDA_R_16BF,M,CUBLAS_COMPUTE_32F,CUBLAS_GEMM_DEFAULT));}
float4 *x,*y; size_t xn=(size_t)64<<20;  // 1 GiB each
int kind=0; // 0 gemm 1 memory
void work(){ if(kind==0) gemm(); else rw<<<132*8,512,0,s>>>(x,y,xn/4); }
void stats(const char*tag){ fflush(stdout); }
void copies(cudaEvent_t on,size_t bytes,bool both){
  C(cudaStreamWaitEvent(cp0,on,0)); C(cudaMemcpyPeerAsync(l0,0,r1,1,bytes,cp0));
  if(both){C(cudaStreamWaitEvent(cp1,on,0)); C(cudaSetDevice(1)); C(cudaMemcpyPeerAsync(r0,1,l1,0,bytes,cp1)); C(cudaSetDevice(0));}}
double med(std::vector<double> v){ if(v.empty())return 0; std::sort(v.begin(),v.end()); return v[v.size()/2];}
double mean(const std::vector<double>&v){double t=0; for(double x:v)t+=x; return v.empty()?0:t/v.size();}
// steps of n works, copies: 0 none 1 in only 2 both; bytes per period, per works in a period
void wave(int periods,int per,int mode,size_t bytes,bool show){
  std::vector<cudaEvent_t> e(periods*per+1); for(auto&v:e)C(cudaEventCreate(&v));
  std::vector<cudaEvent_t> ce(periods); for(auto&v:ce)C(cudaEventCreate(&v));
  C(cudaEventRecord(e[0],s));
  for(int p=0;p<periods;++p){
    if(mode){ copies(e[p*per],bytes,mode==2); C(cudaEventRecord(ce[p],cp0)); }
    for(int i=0;i<per;++i){work(); C(cudaEventRecord(e[p*per+i+1],s));}
    if(p>=2) C(cudaEventSynchronize(e[(p-1)*per]));
  }
  stats("end"); C(cudaStreamSynchronize(s));C(cudaStreamSynchronize(cp0));C(cudaStreamSynchronize(cp1));
  std::vector<double> in,out; std::vector<std::vector<double>> pos(per); double copy=0;
  for(int p=periods/2;p<periods;++p){ float c=0; if(mode)C(cudaEventElapsedTime(&c,e[p*per],ce[p])); copy+=c;
    for(int i=0;i<per;++i){float a,b; C(cudaEventElapsedTime(&a,e[p*per],e[p*per+i]));C(cudaEventElapsedTime(&b,e[p*per],e[p*per+i+1]));
      pos[i].push_back(b-a); if(b<c) in.push_back(b-a); else if(a>c) out.push_back(b-a);} }
  printf("    mode %d: in-copy mean %.4f med %.4f (%zu), out mean %.4f med %.4f (%zu), copy %.2f ms\n",mode,mean(in),med(in),in.size(),mean(out),med(out),out.size(),copy/(periods-periods/2));
  if(show){printf("    by position:"); for(int i=0;i<per;++i) printf(" %.4f",mean(pos[i])); printf("\n");}
  for(auto&v:e)cudaEventDestroy(v); for(auto&v:ce)cudaEventDestroy(v);
}
void step(int n){ // from idle
  C(cudaStreamSynchronize(s)); sleep(2);
  std::vector<cudaEvent_t> e(n+1); for(auto&v:e)C(cudaEventCreate(&v));
  C(cudaEventRecord(e[0],s)); for(int i=0;i<n;++i){work();C(cudaEventRecord(e[i+1],s));}
  C(cudaStreamSynchronize(s)); stats("step");
  printf("    step (end ms:us):"); int next=1; for(int i=0;i<n;++i){float a,t;C(cudaEventElapsedTime(&a,e[i],e[i+1]));C(cudaEventElapsedTime(&t,e[0],e[i+1]));
    if(i+1>=next||i<24){printf(" %.2f:%.1f",t,a*1e3); if(i+1>=next) next=std::max(next+1,(int)(next*1.12)); }} printf("\n");
  for(auto&v:e)cudaEventDestroy(v);
}
int main(){
  
  C(cudaSetDevice(1)); C(cudaDeviceEnablePeerAccess(0,0)); C(cudaMalloc(&r1,CP)); C(cudaMalloc(&r0,CP)); C(cudaStreamCreateWithFlags(&cp1,cudaStreamNonBlocking));
  C(cudaSetDevice(0)); C(cudaDeviceEnablePeerAccess(1,0)); C(cudaMalloc(&l0,CP)); C(cudaMalloc(&l1,CP)); C(cudaStreamCreateWithFlags(&cp0,cudaStreamNonBlocking)); C(cudaStreamCreateWithFlags(&s,cudaStreamNonBlocking));
  C(cudaMalloc(&A,(size_t)M*K*2));C(cudaMalloc(&B,(size_t)N*K*2));C(cudaMalloc(&D,(size_t)M*N*2)); C(cudaMalloc(&x,xn*4));C(cudaMalloc(&y,xn*4));
  fill<<<1024,256,0,s>>>((__nv_bfloat16*)l0,CP/2,1.f,9); fill<<<1024,256,0,s>>>((__nv_bfloat16*)l1,CP/2,1.f,8); fill<<<1024,256,0,s>>>((__nv_bfloat16*)x,xn*2,1.f,7);
  C(cudaStreamSynchronize(s));
  C(cudaSetDevice(1)); fill<<<1024,256>>>((__nv_bfloat16*)r1,CP/2,1.f,5); C(cudaDeviceSynchronize()); C(cudaSetDevice(0));
  C(cublasCreate(&h)); C(cublasSetStream(h,s)); for(int i=0;i<5;++i) gemm(); C(cudaStreamSynchronize(s));
  for(float d:{0.0f,0.06f,0.12f,0.25f,0.5f,1.0f}){
    kind=0; fill<<<1024,256,0,s>>>((__nv_bfloat16*)A,(size_t)M*K,d,1); fill<<<1024,256,0,s>>>((__nv_bfloat16*)B,(size_t)N*K,d,2); C(cudaStreamSynchronize(s));
    printf("gemm, density %.3f\n",d);
    step(1200);
    wave(110,52,0,0,false); wave(110,52,2,CP,true); wave(110,52,1,CP,false);
    printf("    copies back to back:\n"); wave(220,22,2,CP,false);
  }
  kind=1; printf("memory copy kernel, 0.5 GiB moved\n"); stats("idle"); wave(100,60,0,0,false); wave(100,60,2,CP,false); wave(100,60,1,CP,false);
  { // write-only and local memcpy: rate of merge
    cudaEvent_t a,b; C(cudaEventCreate(&a));C(cudaEventCreate(&b)); size_t n=xn*4; for(int i=0;i<3;++i)C(cudaMemcpyAsync(y,x,n,cudaMemcpyDeviceToDevice,s));
    C(cudaEventRecord(a,s)); for(int i=0;i<20;++i)C(cudaMemcpyAsync(y,x,n,cudaMemcpyDeviceToDevice,s)); C(cudaEventRecord(b,s)); C(cudaStreamSynchronize(s)); float t; C(cudaEventElapsedTime(&t,a,b)); printf("memcpy D2D %zu bytes: %.3f ms, read+write %.1f GB/s\n",n,t/20,2.0*n*20/t*1e-6);
  }
}
