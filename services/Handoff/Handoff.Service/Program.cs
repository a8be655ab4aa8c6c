using Holdfast.Handoff.Service;
using Holdfast.Hosting;

return await HoldfastProgram.RunAsync(() =>
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddHoldfastDefaults("handoff");
    builder.AddHoldfastBus();
    builder.AddHandoff();
    var app = builder.Build();
    app.MapHoldfastDefaults();
    app.MapHandoff();
    return app;
});
