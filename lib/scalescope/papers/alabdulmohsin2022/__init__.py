"""The paper alabdulmohsin2022."""
