"""The digital set as values: meshes, materials, lights, a panorama, and where the studio floor stands."""
