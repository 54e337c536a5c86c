"""`vardctl`: etcdctl's commands of the v2 API with etcdctl's output, and vard_http's own."""
