"""Lin et al. (2024): selecting a model to finetune with the rectified scaling law."""
