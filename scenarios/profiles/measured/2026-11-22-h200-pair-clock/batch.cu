#include <cuda_runtime.h>
#include <chrono>
#include <cstdio>
#include <vector>
#include <algorithm>
#define C(x) do{auto e_=(x); if(e_!=0){printf("fail %s %d line %d\n",#x,(int)e_,__LINE__);return 1;} }while(0)
int main(){
  size_t total=(size_t)2400000000; char *l,*r; C(cudaSetDevice(1)); C(cudaMalloc(&r,total)); C(cudaMemset(r,1,total)); C(cudaDeviceSynchronize());
  C(cudaSetDevice(0)); C(cudaDeviceEnablePeerAccess(1,0)); C(cudaMalloc(&l,total)); C(cudaMemset(l,2,total)); C(cudaDeviceSynchronize());
  cudaStream_t s,t[3]; C(cudaStreamCreateWithFlags(&s,cudaStreamNonBlocking)); for(auto&x:t) C(cudaStreamCreateWithFlags(&x,cudaStreamNonBlocking));
  cudaEvent_t a,b; C(cudaEventCreate(&a));C(cudaEventCreate(&b));
  for(size_t slice:{(size_t)262144,(size_t)1000000,(size_t)1048576,(size_t)2097152,(size_t)4194304,(size_t)16777216,(size_t)240000000}){
    size_t n=std::min(total/slice,(size_t)2268);
    for(int mode=0;mode<2;++mode){ std::vector<float> ms; double host=0;
      for(int it=0;it<7;++it){ C(cudaDeviceSynchronize());
        std::vector<const void*> src(n); std::vector<void*> dst(n); std::vector<size_t> sz(n,slice);
        for(size_t i=0;i<n;++i){dst[i]=l+i*slice;src[i]=r+i*slice;}
        C(cudaEventRecord(a,s)); auto h0=std::chrono::steady_clock::now();
        if(mode==0) for(size_t i=0;i<n;++i) C(cudaMemcpyAsync(dst[i],src[i],slice,cudaMemcpyDeviceToDevice,s));
        else { cudaMemcpyAttributes at{}; at.srcAccessOrder=cudaMemcpySrcAccessOrderStream; at.flags=0; size_t idx=0;
          C(cudaMemcpyBatchAsync((const void**)dst.data(),src.data(),sz.data(),n,&at,&idx,1,s)); }
        host=std::chrono::duration<double,std::micro>(std::chrono::steady_clock::now()-h0).count();
        C(cudaEventRecord(b,s)); C(cudaStreamSynchronize(s)); float t_; C(cudaEventElapsedTime(&t_,a,b)); if(it>1) ms.push_back(t_);
      }
      std::sort(ms.begin(),ms.end()); double m=ms[ms.size()/2];
      printf("%s slice %zu x %zu: %.3f ms, %.1f GB/s, per copy %.3f us, host %.2f us per copy\n",mode?"batch":"async",slice,n,m,n*slice/m*1e-6,m*1e3/n,host/n);
    }}
}
